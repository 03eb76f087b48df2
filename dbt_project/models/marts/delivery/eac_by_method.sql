-- 1/2 Each method's estimate, and why it has none. 2/2 What follows from an estimate: what is left, the variance, the pace needed.
with

estimates as (

    {%- for method, amount, needs_cost, needs_progress in [
        ('budget', 'budget_cost', false, false),
        ('remaining_at_budget', 'eac_plan', false, false),
        ('cpi', 'eac_cpi', true, true),
        ('remaining_at_cpi_spi', 'eac_remaining_cpi_spi', true, true),
        ('cpi_spi', 'eac_cpi_spi', true, true),
        ('recent_cpi', 'eac_recent', false, false),
        ('manager', 'eac_manager', false, false),
    ] %}
    select
        earned.*,
        cast('{{ method }}' as {{ dbt.type_string() }}) as estimate_method,
        case when earned.status = 'cancelled' then null else {{ amount }} end as eac_amount,
        cast(case
            when earned.status = 'cancelled' then 'project cancelled'
            when {{ amount }} is not null then null
            {%- if method != 'manager' %}
            when earned.budget_cost is null then 'no approved baseline'
            {%- endif %}
            when earned.actual_cost is null then 'no actual cost'
            {%- if method == 'manager' %}
            else 'no estimate to complete by the manager'
            {%- else %}
            when earned.percent_complete is null then 'no percent complete'
            {%- if needs_cost %}
            when earned.actual_cost <= 0 then 'zero actual cost'
            {%- endif %}
            {%- if needs_progress %}
            when earned.percent_complete = 0 then 'zero percent complete'
            {%- endif %}
            {%- if method == 'recent_cpi' %}
            else 'no progress with cost in the last four weeks reported'
            {%- else %}
            else 'no planned value or earned value yet'
            {%- endif %}
            {%- endif %}
        end as {{ dbt.type_string() }}) as undefined_reason
    from {{ ref('int_earned_value') }} as earned
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select
    estimates.project_id,
    project.project_name,
    project.client_id,
    project.client_name,
    estimates.estimate_method,
    project.contract_id,
    project.legal_entity_id,
    project.practice,
    project.region,
    project.project_type,
    project.manager_id,
    estimates.status,
    estimates.currency,
    estimates.budget_cost,
    estimates.actual_cost,
    estimates.earned_value,
    {{ money('estimates.eac_amount') }} as eac_amount,
    {{ money('estimates.eac_amount - estimates.actual_cost') }} as etc_amount,
    {{ money('estimates.budget_cost - estimates.eac_amount') }} as variance_at_completion,
    case
        when estimates.eac_amount > estimates.actual_cost then {{ ratio(
            'estimates.budget_cost - estimates.earned_value', 'estimates.eac_amount - estimates.actual_cost'
        ) }}
    end as tcpi,
    estimates.undefined_reason

from estimates
left join {{ ref('project') }} as project on estimates.project_id = project.project_id
order by estimates.project_id, estimates.estimate_method
