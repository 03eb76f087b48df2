with

-- More time is billed as time: only lines of agreed prices need a planned bill.
line as (

    select * from {{ ref('leakage_contract_line') }} where billing_method <> 'time_and_materials'

),

-- A change that names no such line is put on the first one of its project that we knew of.
first_line as (

    select project_id, contract_line_id
    from (
        select
            project_id, contract_line_id,
            row_number() over (partition by project_id order by known_at, contract_line_id) as place
        from line
        where project_id is not null
    ) as ordered
    where place = 1

),

placed as (

    select
        change.*,
        case
            when named.contract_line_id is not null and named.first_known_at <= change.known_at
                then named.contract_line_id
            else first_line.contract_line_id
        end as placed_line_id
    from {{ ref('core_change_order') }} as change
    left join first_line on change.project_id = first_line.project_id
    left join (select contract_line_id, min(known_at) as first_known_at from line group by contract_line_id) as named
        on change.contract_line_id = named.contract_line_id
    where not change.is_deleted and change.status = 'approved' and change.value_change > 0.01

)

select
    placed.change_order_id,
    placed.value_change,
    coalesce(placed.currency, line.currency) as currency,
    coalesce(placed.approved_on, placed.effective_date, placed.requested_on) as agreed_on,
    line.contract_line_id,
    line.contract_id,
    line.project_id,
    line.account_id,
    line.legal_entity_id,
    greatest(placed.known_at, line.known_at) as known_at,
    least(placed.known_to, line.known_to) as known_to

from placed
inner join line
    on placed.placed_line_id = line.contract_line_id
    and {{ hold_together('placed', 'line') }}
