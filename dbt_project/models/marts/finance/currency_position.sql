-- 1/3 Documents in the currency they were written in, with the day whose rate holds for them. 2/3 The same in the books of the
-- legal entity and of the group. 3/3 By month; cash is also taken at the rate of its invoice, and what lies between is the
-- exchange result.
with

documents as (

    select
        cast('billed' as {{ dbt.type_string() }}) as flow,
        position.legal_entity_id,
        position.issue_date as happened_on,
        position.issue_date as invoiced_on,
        position.currency,
        position.gross_amount as amount

    from {{ ref('int_invoice_position') }} as position
    where position.is_issued

    union all

    select
        cast('credited' as {{ dbt.type_string() }}) as flow,
        position.legal_entity_id,
        credit.issued_on as happened_on,
        position.issue_date as invoiced_on,
        credit.currency,
        case
            when position.net_amount = 0 then credit.amount
            else {{ money(product('credit.amount', 'position.gross_amount / nullif(position.net_amount, 0)')) }}
        end as amount

    from {{ current_rows('credit_note') }} as credit
    inner join {{ ref('int_invoice_position') }} as position on credit.invoice_id = position.invoice_id

    union all

    select
        cast('collected' as {{ dbt.type_string() }}) as flow,
        position.legal_entity_id,
        payment.paid_on as happened_on,
        position.issue_date as invoiced_on,
        payment.currency,
        payment.amount

    from {{ current_rows('payment') }} as payment
    inner join {{ ref('int_invoice_position') }} as position on payment.invoice_id = position.invoice_id

    union all

    select
        cast('recognised' as {{ dbt.type_string() }}) as flow,
        contract.legal_entity_id,
        schedule.period_end as happened_on,
        schedule.period_end as invoiced_on,
        schedule.currency,
        schedule.amount

    from {{ current_rows('revenue_schedule') }} as schedule
    left join {{ current_rows('contract') }} as contract on schedule.contract_id = contract.contract_id
    where schedule.status = 'recognised'

),

converted as (

    select
        documents.flow,
        documents.legal_entity_id,
        {{ month_start_of('documents.happened_on') }} as month_start,
        documents.currency,
        entity.functional_currency,
        valuation.reporting_currency,
        documents.amount,
        {{ functional_amount('documents.amount', 'documents.currency', 'entity.functional_currency', 'fx', 'own') }}
            as functional_amount,
        {{ functional_amount(
            'documents.amount', 'documents.currency', 'entity.functional_currency', 'fx_then', 'own_then'
        ) }} as functional_amount_then,
        {{ money(product('documents.amount', 'fx.rate')) }} as reporting_amount

    from documents
    cross join {{ ref('int_valuation') }} as valuation
    left join {{ current_rows('legal_entity') }} as entity on documents.legal_entity_id = entity.legal_entity_id
    left join {{ ref('int_fx_reporting') }} as fx
        on {{ fx_holds('fx', 'documents.currency', 'documents.happened_on') }}
    left join {{ ref('int_fx_reporting') }} as own
        on {{ fx_holds('own', 'entity.functional_currency', 'documents.happened_on') }}
    left join {{ ref('int_fx_reporting') }} as fx_then
        on {{ fx_holds('fx_then', 'documents.currency', 'documents.invoiced_on') }}
    left join {{ ref('int_fx_reporting') }} as own_then
        on {{ fx_holds('own_then', 'entity.functional_currency', 'documents.invoiced_on') }}

)

select
    legal_entity_id,
    month_start,
    flow,
    currency,
    functional_currency,
    reporting_currency,
    {{ money('sum(amount)') }} as amount,
    {{ money('sum(functional_amount)') }} as functional_amount,
    {{ money('sum(reporting_amount)') }} as reporting_amount,
    {{ money("sum(case when flow = 'collected' then functional_amount - functional_amount_then end)") }}
        as exchange_result,
    count(*) as documents,
    cast(sum(case when functional_amount is null or reporting_amount is null then 1 else 0 end) as bigint)
        as unconverted_documents

from converted
group by legal_entity_id, month_start, flow, currency, functional_currency, reporting_currency
order by legal_entity_id, month_start, flow, currency, functional_currency
