with

line as (

    select *
    from {{ ref('leakage_contract_line') }}
    where not_to_exceed is not null and billing_method = 'time_and_materials'

),

-- An adjustment below zero writes the bill down to the ceiling.
bill as (

    select
        line.cap_key,
        bill.amount,
        case when bill.line_type = 'adjustment' and bill.amount < 0 then -bill.amount else 0 end as written_down,
        greatest(bill.known_at, line.known_at) as known_at,
        least(bill.known_to, line.known_to) as known_to
    from {{ ref('leakage_billed_line') }} as bill
    inner join line
        on bill.contract_line_id = line.contract_line_id
        and {{ hold_together('bill', 'line') }}
    where bill.line_type in ('time', 'adjustment')

),

-- Step 1/3: what raised or lowered the value worked, or the value billed, in the order in which we knew it.
step as (

    select cap_key, known_at as moment_at, value as worked, 0 as billed, 0 as written_down
    from {{ ref('leakage_priced_time') }}
    where purpose = 'capped'

    union all

    select cap_key, known_to as moment_at, -value as worked, 0 as billed, 0 as written_down
    from {{ ref('leakage_priced_time') }}
    where purpose = 'capped' and known_to is not null

    union all

    select cap_key, known_at as moment_at, 0 as worked, amount as billed, written_down from bill

    union all

    select cap_key, known_to as moment_at, 0 as worked, -amount as billed, -written_down as written_down
    from bill
    where known_to is not null

    union all

    select cap_key, known_at as moment_at, 0 as worked, 0 as billed, 0 as written_down from line

    union all

    select cap_key, known_to as moment_at, 0 as worked, 0 as billed, 0 as written_down
    from line
    where known_to is not null

),

moment as (

    select
        cap_key,
        moment_at,
        sum(worked) as worked,
        sum(billed) as billed,
        sum(written_down) as written_down
    from step
    group by cap_key, moment_at

),

-- Step 2/3: the running balance.
balance as (

    select
        cap_key,
        moment_at,
        lead(moment_at) over (partition by cap_key order by moment_at) as next_at,
        sum(worked) over (partition by cap_key order by moment_at rows unbounded preceding) as worked,
        sum(billed) over (partition by cap_key order by moment_at rows unbounded preceding) as billed,
        sum(written_down) over (partition by cap_key order by moment_at rows unbounded preceding) as written_down
    from moment

),

-- Step 3/3: beside the ceiling of the moment; a contract's ceiling is reported on its first line.
held as (

    select
        balance.moment_at, balance.next_at, balance.worked, balance.billed, balance.written_down,
        line.cap_key, line.contract_line_id, line.contract_id, line.project_id, line.account_id, line.legal_entity_id,
        line.currency, line.not_to_exceed,
        row_number() over (partition by balance.cap_key, balance.moment_at order by line.contract_line_id) as place
    from balance
    inner join line
        on balance.cap_key = line.cap_key
        and {{ holds_at('line', 'balance.moment_at') }}

)

select
    cap_key,
    contract_line_id,
    contract_id,
    project_id,
    account_id,
    legal_entity_id,
    currency,
    not_to_exceed,
    {{ money('worked') }} as worked_amount,
    {{ money('billed') }} as billed_amount,
    {{ money('written_down') }} as written_down_amount,
    {{ money('greatest(not_to_exceed, billed)') }} as ceiling_amount,
    -- Who bills above a ceiling without writing anything down is not held by it.
    worked > greatest(not_to_exceed, billed) and (billed <= not_to_exceed or written_down > 0) as is_binding,
    moment_at as known_at,
    next_at as known_to

from held
where place = 1
