select
    tax_code,
    rate,
    valid_from,
    valid_to

from {{ ref('tax_rate') }}
order by tax_code, valid_from
