-- What approved work for clients is worth at the firm's list prices: the yardstick of realization, the same for every way
-- of billing. Where the firm has no list price for the role on the day, the contract's rate stands in.
with

entries as (

    select
        worked.time_entry_id,
        worked.project_id,
        worked.role,
        worked.work_date,
        worked.hours,
        case when worked.is_billable then coalesce(worked.billing_method, 'unknown') else 'non_billable' end
            as billing_method,
        worked.is_billed,
        coalesce(worked.bill_currency, project.currency) as currency,
        worked.bill_amount

    from {{ under_present_number(ref('int_time_value'), 'project', [
        'time_entry_id', 'contract_id', 'role', 'work_date', 'hours', 'billing_method', 'is_billable', 'is_approved',
        'is_billed', 'bill_currency', 'bill_amount'
    ]) }} as worked
    left join {{ current_rows('project') }} as project on worked.project_id = project.project_id
    where worked.is_approved and (worked.is_billable or worked.contract_id is not null)

),

days as (

    select role, currency, work_date
    from entries
    group by role, currency, work_date

),

-- The firm's list price of a role on a day: a rate card of no contract.
listed as (

    select
        days.role,
        days.currency,
        days.work_date,
        card.rate,
        row_number() over (
            partition by days.role, days.currency, days.work_date
            order by card.valid_from desc, card.rate_id
        ) as preference

    from days
    inner join {{ current_rows('rate_card') }} as card
        on days.role = card.role
        and days.currency = card.currency
        and days.work_date >= card.valid_from
        and (card.valid_to is null or days.work_date < card.valid_to)
    where card.contract_id is null and card.person_id is null

)

select
    entries.time_entry_id,
    entries.project_id,
    cast(entries.billing_method as {{ dbt.type_string() }}) as billing_method,
    entries.work_date,
    entries.hours,
    entries.is_billed,
    entries.currency,
    entries.bill_amount,
    case
        when listed.rate is null then entries.bill_amount
        else {{ money(product('entries.hours', 'listed.rate')) }}
    end as standard_amount

from entries
left join listed
    on entries.role = listed.role
    and entries.currency = listed.currency
    and entries.work_date = listed.work_date
    and listed.preference = 1
order by entries.time_entry_id
