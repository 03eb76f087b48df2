-- Changes that no document states, read from two successive versions of a record: contract terms, customer's and
-- suppliers' orders, planned dates of projects, milestones and bills. A version believed at no moment says nothing, and
-- neither does a deletion: what was deleted is gone, not changed.
{%- set tracked = {
    'contract': ('contract_id', 'total_value', 'end_date',
        ['total_value', 'end_date', 'po_number', 'currency', 'billing_method', 'not_to_exceed', 'payment_terms_days']),
    'project': ('project_id', 'null', 'planned_end_date', ['planned_end_date', 'currency']),
    'milestone': ('milestone_id', 'amount', 'planned_date', ['planned_date', 'amount', 'currency', 'project_id']),
    'billing_schedule': ('schedule_id', 'amount', 'due_date', ['due_date', 'amount', 'currency', 'contract_id']),
    'purchase_order': ('purchase_order_id', 'amount', 'ordered_on', ['amount', 'currency', 'status', 'project_id'])
} %}
with

{%- for entity, (key, amount, day, columns) in tracked.items() %}

{{ entity }}_steps as (

    select
        cast('{{ entity }}' as {{ dbt.type_string() }}) as object_type,
        {{ key }} as object_id,
        {{ 'contract_id' if 'contract_id' in columns or entity == 'contract' or entity == 'project'
            else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as contract_id,
        {{ 'project_id' if 'project_id' in columns or entity == 'project'
            else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as project_id,
        known_at,
        currency,
        cast({{ amount }} as decimal(18, 2)) as amount,
        cast(lag({{ amount }}) over versions as decimal(18, 2)) as amount_before,
        {{ day }} as planned_on,
        lag({{ day }}) over versions as planned_on_before,
        lag(currency) over versions as currency_before,
        row_number() over versions as version_number,
        is_deleted,
        lag(is_deleted) over versions as was_deleted,
        {%- if entity == 'contract' %}
        (po_number is distinct from lag(po_number) over versions) as is_reordered,
        (billing_method is distinct from lag(billing_method) over versions)
            or (not_to_exceed is distinct from lag(not_to_exceed) over versions)
            or (payment_terms_days is distinct from lag(payment_terms_days) over versions) as is_retermed
        {%- elif entity == 'purchase_order' %}
        status = 'cancelled' and lag(status) over versions <> 'cancelled' as is_reordered,
        false as is_retermed
        {%- else %}
        false as is_reordered,
        false as is_retermed
        {%- endif %}

    from {{ known_versions(entity) }} as version
    where held_to is null or held_to > known_at
    window versions as (partition by {{ key }} order by known_at)

),
{%- endfor %}

steps as (

    {%- for entity in tracked %}
    select * from {{ entity }}_steps{{ ' union all' if not loop.last }}
    {%- endfor %}

),

changed as (

    select *
    from steps
    where version_number > 1 and not is_deleted and not was_deleted

),

named as (

    select 'contract_version' as change_type, changed.*
    from changed
    where object_type = 'contract'
        and (amount is distinct from amount_before or planned_on is distinct from planned_on_before or is_retermed)

    union all

    select 'purchase_order_change' as change_type, changed.*
    from changed
    where (object_type = 'contract' and is_reordered)
        or (object_type = 'purchase_order' and (amount is distinct from amount_before or is_reordered))

    union all

    select 'revised_date' as change_type, changed.*
    from changed
    where object_type in ('project', 'milestone', 'billing_schedule')
        and planned_on is distinct from planned_on_before

)

select
    cast(change_type as {{ dbt.type_string() }}) as change_type,
    object_type,
    object_id,
    contract_id,
    project_id,
    known_at,
    currency,
    {{ money("case when change_type = 'contract_version' and currency = currency_before then amount - amount_before end") }}
        as value_change,
    {{ money("case "
        ~ "when object_type = 'purchase_order' and is_reordered then -amount_before "
        ~ "when object_type = 'purchase_order' and currency = currency_before then amount - amount_before end") }}
        as cost_change,
    case when change_type = 'revised_date' then amount end as rescheduled_amount,
    case when change_type <> 'purchase_order_change' then planned_on_before end as planned_on_before,
    case when change_type <> 'purchase_order_change' then planned_on end as planned_on

from named
order by change_type, object_type, object_id, known_at
