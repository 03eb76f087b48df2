with

versions as (

    {{ versions(
        ref('stg_erp__currency_rate'),
        key=['source_system', 'from_currency', 'to_currency', 'rate_date'],
        content=['rate', 'is_deleted']
    ) }}

)

select
    from_currency,
    to_currency,
    rate_date,
    rate,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(rate_date as timestamp) as event_at,
    rate_date as valid_from,
    cast(null as date) as valid_to

from versions
order by from_currency, to_currency, rate_date, source_system, known_at, batch_id, source_line
