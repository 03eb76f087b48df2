with

-- When a ceiling began and ceased to hold the bills back, and at which value.
turn as (

    select
        cap_key, known_at,
        case when is_binding then ceiling_amount end as held_at,
        lag(case when is_binding then ceiling_amount end) over (partition by cap_key order by known_at) as held_before,
        row_number() over (partition by cap_key order by known_at) as place
    from {{ ref('leakage_cap_balance') }}

),

capped as (

    select
        cap_key, held_at, known_at,
        lead(known_at) over (partition by cap_key order by known_at) as known_to
    from turn
    where place = 1 or held_at is distinct from held_before

),

waiting as (

    select
        priced.*,
        greatest(priced.known_at, coalesce(capped.known_at, priced.known_at), cast(priced.matures_on as timestamp))
            as late_from,
        least(priced.known_to, capped.known_to) as late_to
    from {{ ref('leakage_priced_time') }} as priced
    left join capped
        on priced.cap_key = capped.cap_key
        and priced.not_to_exceed is not null
        and {{ hold_together('priced', 'capped') }}
    left join {{ ref('leakage_capped_time') }} as counted on priced.time_entry_id = counted.time_entry_id
    where priced.purpose = 'waiting'
        and priced.value > 0.01
        -- What exceeds a binding ceiling is counted once, as leakage_nte_overrun_absorbed.
        and not (
            capped.held_at is not null
            and coalesce(counted.value_through, 0) > capped.held_at
        )

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
    late_to as known_to

from waiting
where late_from < coalesce(late_to, cast('9999-12-31' as timestamp))
