-- 1/2 Which contract the entry belongs to: its line's, else its project's. 2/2 What the hour is billed at and what it cost,
-- on the day worked.
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
        entry.status,
        coalesce(entry.status, '') <> 'rejected' and coalesce(entry.billable, unflagged.value = 1) as is_billable,
        coalesce(entry.status = 'rejected', false) as is_rejected,
        case when entry.status in ('submitted', 'approved', 'billed') then true else false end as is_submitted,
        case when entry.status in ('approved', 'billed') then true else false end as is_approved,
        case when entry.status = 'billed' or entry.invoice_line_id is not null then true else false end as is_billed,
        entry.invoice_line_id,
        coalesce(line.billing_method, project.billing_method) as billing_method

    from {{ current_rows('time_entry') }} as entry
    left join {{ current_rows('contract_line') }} as line on entry.contract_line_id = line.contract_line_id
    left join {{ current_rows('project') }} as project on entry.project_id = project.project_id
    left join {{ current_rows('person') }} as person on entry.person_id = person.person_id
    left join {{ ref('firm_rule') }} as unflagged on unflagged.rule = 'unflagged_time_is_billable'

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
    entries.is_rejected,
    entries.is_submitted,
    entries.is_approved,
    entries.is_billed,
    case when entries.is_billable then {{ price_is('rate_id') }} end as rate_id,
    case when entries.is_billable then {{ price_is('rate') }} end as bill_rate,
    case when entries.is_billable then {{ price_is('currency') }} end as bill_currency,
    case when entries.is_billable then {{ money(product('entries.hours', price_is('rate'))) }} end as bill_amount,
    cost.rate as cost_rate,
    cost.currency as cost_currency,
    {{ cost_of_time('entries', 'cost') }} as cost_amount

from entries
{{ price_joins('entries', 'entries.work_date') }}
{{ cost_join('entries') }}
order by entries.time_entry_id
