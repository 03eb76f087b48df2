with

waiting as (

    select
        priced.*,
        greatest(priced.known_at, cast(priced.matures_on as timestamp)) as late_from
    from {{ ref('leakage_priced_time') }} as priced
    left join {{ ref('leakage_capped_time') }} as counted on priced.time_entry_id = counted.time_entry_id
    where priced.purpose = 'waiting'
        and priced.value > 0.01
        -- What lies above the ceiling is told once, as leakage_nte_overrun_absorbed.
        and (priced.not_to_exceed is null or coalesce(counted.value_through, 0) <= priced.not_to_exceed)

)

select
    'unbilled_time:' || time_entry_id as evidence_id,
    'unbilled_time' as leakage_class,
    contract_line_id,
    contract_id,
    project_id,
    account_id,
    legal_entity_id,
    {{ month_of('work_date') }} as period,
    value as amount,
    currency,
    value as expected_amount,
    cast(0 as decimal(18, 2)) as billed_amount,
    'time_entry' as left_entity,
    time_entry_id as left_key,
    'rate_card' as right_entity,
    rate_id as right_key,
    matures_on,
    late_from as known_at,
    known_to

from waiting
where late_from < coalesce(known_to, cast('9999-12-31' as timestamp))
