-- Each side of each reconciliation as it was believed: an amount, and the span of knowledge over which it counted. Where a
-- line counts by its invoice, the span is that over which both said so. The legal entity is the one known now.
with

sold as (

    select
        contract.opportunity_id,
        contract.currency,
        min(contract.legal_entity_id) as legal_entity_id

    from {{ current_rows('contract') }} as contract
    where contract.status <> 'cancelled' and contract.opportunity_id is not null
    group by contract.opportunity_id, contract.currency

),

invoices as (

    select
        version.invoice_id,
        version.contract_id,
        version.status,
        version.currency,
        version.amount + coalesce(version.tax_amount, 0) as gross_amount,
        version.known_at,
        version.known_to,
        position.legal_entity_id

    from {{ ref('core_invoice') }} as version
    left join {{ ref('int_invoice_position') }} as position on version.invoice_id = position.invoice_id
    where not version.is_deleted and version.status in ('issued', 'paid')

),

sides as (

    select 'crm_to_erp' as reconciliation, 'expected' as side,
        coalesce(sold.legal_entity_id, present.legal_entity_id) as legal_entity_id,
        deal.currency, deal.amount, deal.known_at, deal.known_to
    from {{ ref('core_opportunity') }} as deal
    left join {{ current_rows('opportunity') }} as present on deal.opportunity_id = present.opportunity_id
    left join sold on deal.opportunity_id = sold.opportunity_id and deal.currency = sold.currency
    where deal.is_won and not deal.is_deleted

    union all

    select 'crm_to_erp', 'found', coalesce(present.legal_entity_id, contract.legal_entity_id),
        contract.currency, contract.total_value, contract.known_at, contract.known_to
    from {{ ref('core_contract') }} as contract
    left join {{ current_rows('contract') }} as present on contract.contract_id = present.contract_id
    where contract.status <> 'cancelled' and not contract.is_deleted

    union all

    select 'time_to_billing', work.side, project.legal_entity_id,
        cast(null as {{ dbt.type_string() }}), entry.hours, entry.known_at, entry.known_to
    from {{ ref('core_time_entry') }} as entry
    cross join (select 'expected' as side union all select 'found' as side) as work
    left join {{ current_rows('project') }} as project on entry.project_id = project.project_id
    left join {{ current_rows('contract_line') }} as line on entry.contract_line_id = line.contract_line_id
    where entry.billable and entry.status in ('approved', 'billed') and not entry.is_deleted
        and coalesce(line.billing_method, project.billing_method) in ('time_and_materials', 'hybrid')
        and (work.side = 'expected' or entry.status = 'billed' or entry.invoice_line_id is not null)

    union all

    select 'billing_to_revenue', 'expected', contract.legal_entity_id,
        schedule.currency, schedule.amount, schedule.known_at, schedule.known_to
    from {{ ref('core_revenue_schedule') }} as schedule
    left join {{ current_rows('contract') }} as contract on schedule.contract_id = contract.contract_id
    where schedule.status = 'recognised' and not schedule.is_deleted

    union all

    select 'billing_to_revenue', 'found', contract.legal_entity_id,
        line.currency, line.amount,
        greatest(line.known_at, invoices.known_at),
        case
            when line.known_to is null then invoices.known_to
            when invoices.known_to is null then line.known_to
            else least(line.known_to, invoices.known_to)
        end
    from {{ ref('core_invoice_line') }} as line
    inner join invoices on line.invoice_id = invoices.invoice_id and {{ hold_together('line', 'invoices') }}
    left join {{ current_rows('contract') }} as contract on invoices.contract_id = contract.contract_id
    where not line.is_deleted and invoices.contract_id is not null

    union all

    select 'billing_to_revenue', 'found', contract.legal_entity_id,
        credit.currency, -credit.amount, credit.known_at, credit.known_to
    from {{ ref('core_credit_note') }} as credit
    inner join {{ ref('int_invoice_position') }} as position on credit.invoice_id = position.invoice_id
    left join {{ current_rows('contract') }} as contract on position.contract_id = contract.contract_id
    where position.is_issued and position.contract_id is not null and not credit.is_deleted

    union all

    select 'invoice_to_cash', 'expected', invoices.legal_entity_id,
        invoices.currency, invoices.gross_amount, invoices.known_at, invoices.known_to
    from invoices

    union all

    select 'invoice_to_cash', 'found', position.legal_entity_id,
        payment.currency, payment.amount, payment.known_at, payment.known_to
    from {{ ref('core_payment') }} as payment
    inner join {{ ref('int_invoice_position') }} as position
        on payment.invoice_id = position.invoice_id and payment.currency = position.currency
    where position.is_issued and not payment.is_deleted

    union all

    select 'invoice_to_cash', 'found', position.legal_entity_id, credit.currency,
        {{ money(product('credit.amount', 'coalesce(position.gross_amount / nullif(position.net_amount, 0), 1)')) }},
        credit.known_at, credit.known_to
    from {{ ref('core_credit_note') }} as credit
    inner join {{ ref('int_invoice_position') }} as position
        on credit.invoice_id = position.invoice_id and credit.currency = position.currency
    where position.is_issued and not credit.is_deleted

)

select
    cast(reconciliation as {{ dbt.type_string() }}) as reconciliation,
    cast(side as {{ dbt.type_string() }}) as side,
    legal_entity_id,
    currency,
    cast(case when reconciliation = 'time_to_billing' then 'hours' else 'money' end as {{ dbt.type_string() }}) as unit,
    {{ month_start_of('known_at') }} as from_month,
    {{ month_start_of('known_to') }} as to_month,
    cast(count(*) as bigint) as row_count,
    {{ money('sum(coalesce(amount, 0))') }} as amount

from sides
where known_to is null or known_to > known_at
group by reconciliation, side, legal_entity_id, currency, {{ month_start_of('known_at') }}, {{ month_start_of('known_to') }}
order by reconciliation, side, legal_entity_id, currency, from_month, to_month
