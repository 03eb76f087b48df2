with

line as (

    select *
    from {{ ref('leakage_contract_line') }}
    where not_to_exceed is not null and billing_method = 'time_and_materials'

),

-- Step 1/4: what raised or lowered the value worked, or the value billed, in the order in which we knew it. An
-- adjustment writes the bill down to the ceiling.
step as (

    select cap_key, known_at as moment_at, value as worked, cast(0 as decimal(18, 2)) as billed
    from {{ ref('leakage_priced_time') }}
    where purpose = 'capped'

    union all

    select cap_key, known_to as moment_at, -value as worked, cast(0 as decimal(18, 2)) as billed
    from {{ ref('leakage_priced_time') }}
    where purpose = 'capped' and known_to is not null

    union all

    select line.cap_key, greatest(bill.known_at, line.known_at) as moment_at, 0 as worked, bill.amount as billed
    from {{ ref('leakage_billed_line') }} as bill
    inner join line on bill.contract_line_id = line.contract_line_id and {{ hold_together('bill', 'line') }}
    where bill.line_type in ('time', 'adjustment')

    union all

    select line.cap_key, least(bill.known_to, line.known_to) as moment_at, 0 as worked, -bill.amount as billed
    from {{ ref('leakage_billed_line') }} as bill
    inner join line on bill.contract_line_id = line.contract_line_id and {{ hold_together('bill', 'line') }}
    where bill.line_type in ('time', 'adjustment') and least(bill.known_to, line.known_to) is not null

    union all

    select cap_key, known_at as moment_at, 0 as worked, 0 as billed from line

    union all

    select cap_key, known_to as moment_at, 0 as worked, 0 as billed from line where known_to is not null

),

-- Step 2/4: the running balance.
moment as (

    select cap_key, moment_at, sum(worked) as worked, sum(billed) as billed
    from step
    group by cap_key, moment_at

),

balance as (

    select
        cap_key,
        moment_at,
        lead(moment_at) over (partition by cap_key order by moment_at) as next_at,
        sum(worked) over (partition by cap_key order by moment_at rows unbounded preceding) as worked,
        sum(billed) over (partition by cap_key order by moment_at rows unbounded preceding) as billed
    from moment

),

-- Step 3/4: the ceiling of the moment. What was billed above it is no loss (it may be a dispute).
above as (

    select
        balance.moment_at, balance.next_at, balance.worked, balance.billed,
        line.cap_key, line.contract_line_id, line.contract_id, line.project_id, line.account_id, line.legal_entity_id,
        line.currency, line.not_to_exceed,
        row_number() over (partition by balance.cap_key, balance.moment_at order by line.contract_line_id) as place
    from balance
    inner join line
        on balance.cap_key = line.cap_key
        and {{ holds_at('line', 'balance.moment_at') }}
    where balance.worked - greatest(balance.billed, line.not_to_exceed) > 0.01

),

-- Step 4/4: the entry that crossed it, which dates the leak.
crossed as (

    select
        above.cap_key, above.moment_at, counted.time_entry_id, counted.work_date,
        row_number() over (
            partition by above.cap_key, above.moment_at order by counted.first_known_at, counted.time_entry_id
        ) as place
    from above
    inner join {{ ref('leakage_capped_time') }} as counted
        on above.cap_key = counted.cap_key
        and counted.first_known_at <= above.moment_at
        and counted.value_through > above.not_to_exceed
    where above.place = 1

)

select
    'nte_overrun_absorbed:' || above.cap_key as evidence_id,
    'nte_overrun_absorbed' as leakage_class,
    above.contract_line_id,
    above.contract_id,
    above.project_id,
    above.account_id,
    above.legal_entity_id,
    {{ month_of('crossed.work_date') }} as period,
    cast(above.worked - greatest(above.billed, above.not_to_exceed) as decimal(18, 2)) as amount,
    above.currency,
    cast(above.worked as decimal(18, 2)) as expected_amount,
    cast(greatest(above.billed, above.not_to_exceed) as decimal(18, 2)) as billed_amount,
    'time_entry' as left_entity,
    crossed.time_entry_id as left_key,
    'contract_line' as right_entity,
    above.contract_line_id as right_key,
    cast(above.moment_at as date) as matures_on,
    above.moment_at as known_at,
    above.next_at as known_to

from above
inner join crossed on above.cap_key = crossed.cap_key and above.moment_at = crossed.moment_at
where above.place = 1 and crossed.place = 1
