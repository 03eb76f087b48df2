-- 1/2 Each fact under its contract line, or under its contract where it names none, so that nothing is lost. 2/2 Where the
-- line is. What is planned, billed and recognised is in the currency it was written in; a line may have several.
with

facts as (

    select contract_id, contract_line_id, bill_currency as currency, 'worked' as measure, bill_amount as amount, work_date as day
    from {{ under_present_number(ref('int_time_value'), 'contract', [
        'contract_line_id', 'bill_currency', 'bill_amount', 'work_date', 'is_billable', 'is_approved',
        'billing_method'
    ]) }} as worked
    where is_billable and is_approved and bill_amount is not null
        and billing_method in ('time_and_materials', 'hybrid')

    union all

    select contract_id, contract_line_id, currency,
        case when due_date <= valuation.valued_on then 'planned_to_date' else 'planned_ahead' end, amount, due_date
    from {{ under_present_number(current_rows('billing_schedule'), 'contract', [
        'contract_line_id', 'currency', 'amount', 'due_date', 'status'
    ]) }} as schedule
    cross join {{ ref('int_valuation') }} as valuation
    where status <> 'cancelled'

    union all

    select invoice.contract_id, line.contract_line_id, line.currency, 'billed', line.amount, position.issue_date
    from {{ current_rows('invoice_line') }} as line
    inner join {{ ref('int_invoice_position') }} as position on line.invoice_id = position.invoice_id
    inner join {{ under_present_number(current_rows('invoice'), 'contract', ['invoice_id']) }} as invoice
        on line.invoice_id = invoice.invoice_id
    where position.is_issued and invoice.contract_id is not null

    union all

    select invoice.contract_id, cast(null as {{ dbt.type_string() }}), credit.currency, 'billed', -credit.amount,
        cast(null as date)
    from {{ current_rows('credit_note') }} as credit
    inner join {{ ref('int_invoice_position') }} as position on credit.invoice_id = position.invoice_id
    inner join {{ under_present_number(current_rows('invoice'), 'contract', ['invoice_id']) }} as invoice
        on credit.invoice_id = invoice.invoice_id
    where position.is_issued and invoice.contract_id is not null

    union all

    select contract_id, contract_line_id, currency, 'recognised', amount, period_end
    from {{ under_present_number(current_rows('revenue_schedule'), 'contract', [
        'contract_line_id', 'currency', 'amount', 'period_end', 'status'
    ]) }} as schedule
    where status = 'recognised'

    union all

    select contract_id, contract_line_id, currency, 'agreed', coalesce(amount, 0), start_date
    from {{ under_present_number(current_rows('contract_line'), 'contract', [
        'contract_line_id', 'currency', 'amount', 'start_date'
    ]) }} as line

),

sums as (

    select
        contract_id,
        contract_line_id,
        currency,
        {%- for measure in ['agreed', 'worked', 'planned_to_date', 'planned_ahead', 'billed', 'recognised'] %}
        sum(case when measure = '{{ measure }}' then amount else 0 end) as {{ measure }},
        {%- endfor %}
        max(case when measure = 'billed' then day end) as last_billed_on,
        min(case when measure = 'planned_ahead' then day end) as next_planned_on

    from facts
    where contract_id is not null
    group by contract_id, contract_line_id, currency

)

select
    sums.contract_id,
    sums.contract_line_id,
    line.project_id,
    client.client_id,
    client.client_name,
    contract.legal_entity_id,
    coalesce(line.billing_method, contract.billing_method) as billing_method,
    contract.status as contract_status,
    sums.currency,
    {{ money('sums.agreed') }} as agreed_amount,
    {{ money('sums.worked') }} as worked_amount,
    {{ money('sums.planned_to_date') }} as planned_to_date_amount,
    {{ money('sums.planned_ahead') }} as planned_ahead_amount,
    {{ money('sums.billed') }} as billed_amount,
    {{ money('sums.recognised') }} as recognised_amount,
    {{ money('sums.billed - sums.recognised') }} as deferred_balance,
    {{ money('case when sums.planned_to_date > sums.billed and sums.planned_to_date > 0
        then sums.planned_to_date - sums.billed else 0 end') }} as behind_plan_amount,
    {{ money('case when sums.agreed > sums.billed and sums.agreed > 0 then sums.agreed - sums.billed else 0 end') }}
        as unbilled_backlog,
    line.not_to_exceed,
    {{ ratio('sums.worked', 'line.not_to_exceed') }} as not_to_exceed_used_ratio,
    sums.last_billed_on,
    sums.next_planned_on

from sums
left join {{ current_rows('contract_line') }} as line on sums.contract_line_id = line.contract_line_id
left join {{ current_rows('contract') }} as contract on sums.contract_id = contract.contract_id
left join {{ ref('int_account_golden') }} as client on contract.account_id = client.account_id
order by sums.contract_id, sums.contract_line_id, sums.currency
