-- One row per rule that applies to a won deal, and whether the deal meets it.
{%- set rules = [
    ('amount_stated', 'true', 'amount is not null and currency is not null'),
    ('billing_method_agreed', 'true', 'billing_method is not null'),
    ('legal_entity_named', 'true', 'legal_entity_id is not null'),
    ('resources_assumed', 'true', 'demand_rows > 0'),
    ('discount_decided', 'true', 'undecided_discounts = 0'),
    ('contract_recorded', 'true', 'coalesce(contracts, 0) > 0'),
    ('contract_value_agrees', 'contracts > 0 and amount is not null and booked_value is not null '
        ~ 'and least_currency = currency and greatest_currency = currency',
        'abs(booked_value - amount) <= 0.01 * abs(amount)'),
    ('payment_terms_recorded', 'contracts > 0', 'without_terms = 0'),
    ('tax_number_recorded', 'contracts > 0', 'without_tax_number = 0'),
    ('purchase_order_recorded', 'needing_order > 0', 'without_order = 0'),
    ('project_set_up', 'contracts > 0', 'without_project = 0'),
    ('budget_approved', 'projects > 0', 'projects_without_budget = 0'),
    ('price_set_up', 'contracts > 0', 'without_price = 0'),
] %}
with

checks as (

    {%- for rule, applies, met in rules %}
    select
        opportunity_id,
        legal_entity_id,
        close_date,
        currency,
        amount,
        cast('{{ rule }}' as {{ dbt.type_string() }}) as rule,
        case when {{ met }} then true else false end as is_met

    from {{ ref('int_won_deal') }}
    where {{ applies }}
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

)

select
    checks.opportunity_id,
    checks.rule,
    definition.checkpoint,
    definition.domain,
    owners.steward_queue,
    checks.legal_entity_id,
    checks.close_date,
    checks.currency,
    checks.amount,
    checks.is_met

from checks
inner join {{ ref('handoff_rule') }} as definition on checks.rule = definition.rule
left join {{ ref('data_owner') }} as owners on definition.domain = owners.domain
order by checks.opportunity_id, checks.rule
