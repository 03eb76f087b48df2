-- 1/3 Which contract the entry belongs to: its line's, else its project's. 2/3 What the contract pays for the hour on
-- the day worked: a price agreed for the person wins over one for the role. 3/3 What the hour cost.
with

entries as (

    select
        entry.time_entry_id,
        entry.person_id,
        entry.project_id,
        entry.contract_line_id,
        coalesce(line.contract_id, project.contract_id) as contract_id,
        coalesce(entry.role, person.role) as role,
        entry.work_date,
        entry.hours,
        coalesce(entry.billable, false) as is_billable,
        case when entry.status in ('submitted', 'approved', 'billed') then true else false end as is_submitted,
        case when entry.status in ('approved', 'billed') then true else false end as is_approved,
        case when entry.status = 'billed' or entry.invoice_line_id is not null then true else false end as is_billed,
        entry.invoice_line_id,
        coalesce(line.billing_method, project.billing_method) as billing_method

    from {{ current_rows('time_entry') }} as entry
    left join {{ current_rows('contract_line') }} as line on entry.contract_line_id = line.contract_line_id
    left join {{ current_rows('project') }} as project on entry.project_id = project.project_id
    left join {{ current_rows('person') }} as person on entry.person_id = person.person_id

),

-- One price per person or role, contract and day worked: far fewer than entries.
worked as (

    select contract_id, person_id, role, work_date
    from entries
    where is_billable and contract_id is not null
    group by contract_id, person_id, role, work_date

),

priced as (

    select
        worked.contract_id,
        worked.person_id,
        worked.role,
        worked.work_date,
        card.rate_id,
        card.rate,
        card.currency,
        row_number() over (
            partition by worked.contract_id, worked.person_id, worked.role, worked.work_date
            order by case when card.person_id is not null then 0 else 1 end, card.valid_from desc, card.rate_id
        ) as preference

    from worked
    inner join {{ current_rows('rate_card') }} as card
        on worked.contract_id = card.contract_id
        and (worked.person_id = card.person_id or (card.person_id is null and worked.role = card.role))
        and worked.work_date >= card.valid_from
        and (card.valid_to is null or worked.work_date < card.valid_to)

),

person_days as (

    select person_id, work_date
    from entries
    group by person_id, work_date

),

costed as (

    select
        person_days.person_id,
        person_days.work_date,
        cost.rate,
        cost.currency,
        row_number() over (
            partition by person_days.person_id, person_days.work_date
            order by cost.valid_from desc, cost.cost_rate_id
        ) as preference

    from person_days
    inner join {{ current_rows('cost_rate') }} as cost
        on person_days.person_id = cost.person_id
        and person_days.work_date >= cost.valid_from
        and (cost.valid_to is null or person_days.work_date < cost.valid_to)

)

select
    entries.time_entry_id,
    entries.person_id,
    entries.project_id,
    entries.contract_id,
    entries.contract_line_id,
    entries.invoice_line_id,
    entries.billing_method,
    entries.role,
    entries.work_date,
    entries.hours,
    entries.is_billable,
    entries.is_submitted,
    entries.is_approved,
    entries.is_billed,
    priced.rate_id,
    priced.rate as bill_rate,
    priced.currency as bill_currency,
    {{ money(product('entries.hours', 'priced.rate')) }} as bill_amount,
    costed.rate as cost_rate,
    costed.currency as cost_currency,
    {{ money(product('entries.hours', 'costed.rate')) }} as cost_amount

from entries
left join priced
    on entries.contract_id = priced.contract_id
    and entries.person_id = priced.person_id
    and entries.role = priced.role
    and entries.work_date = priced.work_date
    and entries.is_billable
    and priced.preference = 1
left join costed
    on entries.person_id = costed.person_id
    and entries.work_date = costed.work_date
    and costed.preference = 1
order by entries.time_entry_id
