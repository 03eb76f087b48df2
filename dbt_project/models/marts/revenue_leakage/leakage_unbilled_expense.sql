with

expense as (

    select
        *,
        cast(coalesce(approved_at, known_at) as date) as approved_on
    from {{ ref('core_expense') }}
    where not is_deleted and billable and amount <> 0 and status in ('approved', 'billed')

),

waiting as (

    select
        expense_id, contract_line_id, expense_date, amount, currency,
        {{ billing_is_late_on('greatest(expense_date, approved_on)', var('leakage_grace_days', 35)) }} as matures_on,
        known_at, known_to
    from expense
    where status = 'approved' and invoice_line_id is null

    union all

    select
        expense.expense_id, expense.contract_line_id, expense.expense_date, expense.amount, expense.currency,
        {{ billing_is_late_on('cast(voided.known_at as date)', var('leakage_grace_days', 35)) }} as matures_on,
        greatest(expense.known_at, voided.known_at) as known_at,
        least(expense.known_to, voided.known_to) as known_to
    from expense
    inner join {{ ref('leakage_voided_line') }} as voided
        on expense.invoice_line_id = voided.invoice_line_id
        and {{ hold_together('expense', 'voided') }}

),

on_line as (

    select
        waiting.expense_id, waiting.expense_date, waiting.amount, waiting.currency, waiting.matures_on,
        line.contract_line_id, line.contract_id, line.project_id, line.account_id, line.legal_entity_id,
        greatest(waiting.known_at, line.known_at, cast(waiting.matures_on as timestamp)) as known_at,
        least(waiting.known_to, line.known_to) as known_to
    from waiting
    inner join {{ ref('leakage_contract_line') }} as line
        on waiting.contract_line_id = line.contract_line_id
        and {{ hold_together('waiting', 'line') }}

)

select
    'unbilled_expense:' || expense_id as evidence_id,
    'unbilled_expense' as leakage_class,
    contract_line_id,
    contract_id,
    project_id,
    account_id,
    legal_entity_id,
    {{ month_of('expense_date') }} as period,
    amount,
    currency,
    amount as expected_amount,
    cast(0 as decimal(18, 2)) as billed_amount,
    'expense' as left_entity,
    expense_id as left_key,
    'contract_line' as right_entity,
    contract_line_id as right_key,
    matures_on,
    known_at,
    known_to

from on_line
where amount > 0.01 and known_at < coalesce(known_to, cast('9999-12-31' as timestamp))
