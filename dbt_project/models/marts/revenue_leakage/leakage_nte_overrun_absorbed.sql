with

leak as (

    select
        *,
        {{ money('worked_amount - ceiling_amount') }} as absorbed_amount
    from {{ ref('leakage_cap_balance') }}
    where is_binding and worked_amount - ceiling_amount > 0.01

),

-- The entry that crossed the ceiling dates the leak.
crossed as (

    select
        leak.cap_key, leak.known_at, counted.time_entry_id, counted.work_date,
        row_number() over (
            partition by leak.cap_key, leak.known_at order by counted.first_known_at, counted.time_entry_id
        ) as place
    from leak
    inner join {{ ref('leakage_capped_time') }} as counted
        on leak.cap_key = counted.cap_key
        and counted.first_known_at <= leak.known_at
        and counted.value_through > leak.ceiling_amount

)

select
    'nte_overrun_absorbed:' || leak.cap_key as evidence_id,
    'nte_overrun_absorbed' as leakage_class,
    leak.contract_line_id,
    leak.contract_id,
    leak.project_id,
    leak.account_id,
    leak.legal_entity_id,
    {{ month_of('crossed.work_date') }} as period,
    leak.absorbed_amount as amount,
    leak.currency,
    leak.worked_amount as expected_amount,
    leak.ceiling_amount as billed_amount,
    'time_entry' as left_entity,
    crossed.time_entry_id as left_key,
    'contract_line' as right_entity,
    leak.contract_line_id as right_key,
    cast(leak.known_at as date) as matures_on,
    leak.known_at,
    leak.known_to

from leak
inner join crossed on leak.cap_key = crossed.cap_key and leak.known_at = crossed.known_at
where crossed.place = 1
