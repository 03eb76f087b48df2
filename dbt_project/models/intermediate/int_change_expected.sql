-- Where each agreed change should show, and what it should move there. What was first recorded after a change was agreed
-- holds the change.
with

-- A change order reaches the contract by an amendment, and billing only where the price is not paid by the hour.
expected as (

    {%- set targets = [
        ('contract', 'contract_id', 'value_change', "change_type = 'contract_amendment' and contract_id is not null "
            ~ "and (coalesce(value_change, 0) <> 0 or new_end_date is not null)"),
        ('budget', 'project_id', 'cost_change', "change_type = 'change_order' "
            ~ "and (coalesce(cost_change, 0) <> 0 or coalesce(hours_change, 0) <> 0)"),
        ('billing', 'change_id', 'value_change', "change_type = 'change_order' and coalesce(value_change, 0) <> 0 "
            ~ "and billing_method <> 'time_and_materials'"),
        ('revenue', 'contract_id', 'value_change', "change_type = 'change_order' and coalesce(value_change, 0) <> 0 "
            ~ "and billing_method <> 'time_and_materials' and contract_id in (select object_id from "
            ~ ref('int_change_step') | string ~ " where target = 'revenue')"),
    ] %}
    {%- for target, object_id, amount, applies in targets %}
    select
        change_type || ':' || change_id as event_id,
        change_type, change_id, contract_id, project_id, legal_entity_id, agreed_on, currency, new_end_date,
        cast('{{ target }}' as {{ dbt.type_string() }}) as target,
        {{ object_id }} as object_id,
        coalesce({{ amount }}, 0) as expected_amount
    from {{ ref('int_change_agreed') }}
    where {{ applies }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

firsts as (

    select target, object_id, min(moved_on) as first_on, max(moved_on) as last_on
    from {{ ref('int_change_step') }}
    group by target, object_id

),

placed as (

    select
        expected.*,
        firsts.first_on,
        firsts.last_on,
        case when expected.target <> 'billing' and firsts.first_on >= expected.agreed_on then true else false end
            as is_contained

    from expected
    left join firsts on expected.target = firsts.target and expected.object_id = firsts.object_id

)

select
    event_id, target, change_type, change_id, object_id, contract_id, project_id, legal_entity_id, agreed_on, currency,
    new_end_date, {{ money('expected_amount') }} as expected_amount, first_on, last_on, is_contained

from placed
order by event_id, target
