select
    finding_class,
    reconciliation,
    domain,
    grace_days,
    hours_to_mend,
    description

from {{ ref('reconciliation_rule') }}
order by reconciliation, finding_class
