-- When each invoice was issued and is due. 1/2 Issued where the source gives no day: the day it was first known. 2/2 Due where
-- it gives none: after the payment terms of the contract, else of the firm (firm_rule default_payment_days). A draft without
-- a due day is due on none.
with

invoices as (

    select
        invoice_id,
        contract_id,
        due_date,
        case when status in ('issued', 'paid') then true else false end as is_issued,
        case
            when status in ('issued', 'paid') then coalesce(issue_date, cast(first_known_at as date))
            else issue_date
        end as issue_date

    from {{ current_rows('invoice') }} as invoice

),

terms as (

    select
        contract_id,
        min(payment_terms_days) as payment_terms_days

    from {{ current_rows('contract') }} as contract
    group by contract_id

),

defaults as (

    select cast(max(value) as integer) as payment_terms_days
    from {{ ref('firm_rule') }}
    where rule = 'default_payment_days'

)

select
    invoices.invoice_id,
    invoices.is_issued,
    invoices.issue_date,
    coalesce(invoices.due_date, {{ days_after(
        'invoices.issue_date', 'coalesce(terms.payment_terms_days, defaults.payment_terms_days)'
    ) }}) as due_date,
    cast(case
        when invoices.due_date is not null then 'stated'
        when invoices.issue_date is null then 'none'
        when terms.payment_terms_days is not null then 'contract'
        else 'firm'
    end as {{ dbt.type_string() }}) as due_basis

from invoices
left join terms on invoices.contract_id = terms.contract_id
cross join defaults
order by invoices.invoice_id
