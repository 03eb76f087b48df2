-- 1/2 What each method says, and why it says nothing. 2/2 How far it is from the project manager's word.
with

efforts as (

    select project_id, sum(hours) as approved_hours
    from {{ under_present_number(ref('int_time_value'), 'project', ['hours', 'is_approved']) }} as worked
    where is_approved and project_id is not null
    group by project_id

),

baselines as (

    select
        project_id,
        budget_hours,
        row_number() over (
            partition by project_id order by approved_on desc nulls last, version desc nulls last, budget_id desc
        ) as preference

    from {{ current_rows('project_budget') }} as budget

),

-- Milestones of one project in another currency than its contract line are not added up.
milestones as (

    select
        project_id,
        count(distinct currency) as currencies,
        sum(amount) as all_amount,
        sum(case when status in ('reached', 'accepted') then amount else 0 end) as reached_amount

    from {{ under_present_number(current_rows('milestone'), 'project', ['status', 'currency', 'amount']) }} as milestone
    where status <> 'cancelled' and amount > 0
    group by project_id

),

measures as (

    select
        position.project_id,
        position.contract_id,
        position.legal_entity_id,
        position.billing_method,
        position.status,
        position.percent_complete as manager_percent,
        {{ ratio('position.actual_cost', 'position.actual_cost + position.etc_cost') }} as cost_percent,
        {{ ratio('coalesce(efforts.approved_hours, 0)', 'baselines.budget_hours') }} as effort_percent,
        case when milestones.currencies = 1 then {{ ratio('milestones.reached_amount', 'milestones.all_amount') }} end
            as milestone_percent

    from {{ ref('int_project_position') }} as position
    left join efforts on position.project_id = efforts.project_id
    left join baselines on position.project_id = baselines.project_id and baselines.preference = 1
    left join milestones on position.project_id = milestones.project_id

),

methods as (

    {%- for method, value, reason in [
        ('cost_to_cost', 'cost_percent', 'no actual cost, or no estimate to complete by the manager'),
        ('effort', 'effort_percent', 'no approved baseline with hours'),
        ('milestone', 'milestone_percent', 'no milestones with amounts in one currency'),
        ('manager', 'manager_percent', 'no report by the manager'),
    ] %}
    select
        measures.*,
        cast('{{ method }}' as {{ dbt.type_string() }}) as complete_method,
        {{ value }} as method_percent,
        cast(case when {{ value }} is null then '{{ reason }}' end as {{ dbt.type_string() }}) as undefined_reason
    from measures
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select
    methods.project_id,
    project.project_name,
    project.client_id,
    project.client_name,
    methods.complete_method,
    methods.contract_id,
    methods.legal_entity_id,
    project.practice,
    project.project_type,
    project.manager_id,
    methods.billing_method,
    methods.status,
    cast(methods.method_percent as decimal(18, 4)) as percent_complete,
    cast(methods.method_percent - methods.manager_percent as decimal(18, 4)) as above_manager,
    methods.undefined_reason

from methods
left join {{ ref('project') }} as project on methods.project_id = project.project_id
order by methods.project_id, methods.complete_method
