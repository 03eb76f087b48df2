-- How old what is open is: by the month in which it became a difference. What was fixed in the meantime is not in it;
-- a build as of an earlier day shows what was open then.
select
    reconciliation,
    finding_class,
    legal_entity_id,
    currency,
    {{ month_start_of('opened_on') }} as opened_in,
    owner,
    steward_queue,
    count(*) as findings,
    cast(sum(case when is_overdue then 1 else 0 end) as bigint) as overdue_findings,
    cast(max(age_days) as bigint) as oldest_age_days,
    {{ money('sum(abs(difference))') }} as difference_amount

from {{ ref('rec_finding') }}
group by reconciliation, finding_class, legal_entity_id, currency, {{ month_start_of('opened_on') }}, owner, steward_queue
order by reconciliation, finding_class, legal_entity_id, currency, opened_in
