-- 1/3 The project's own record claims its dates and place. 2/3 The won deal claims what was sold, where exactly one project
-- came of it. 3/3 The approved change order known last claims the end that it agreed on.
with

projects as (

    select
        project_id as object_id,
        project_id as record_id,
        source_system,
        known_at,
        known_to,
        is_deleted or status = 'cancelled' as is_silent,
        practice,
        region,
        start_date,
        planned_end_date

    from {{ ref('core_project') }}

),

under_way as (

    select
        project_id,
        opportunity_id,
        count(*) over (partition by opportunity_id) as projects

    from {{ current_rows('project') }} as project
    where status <> 'cancelled'

),

deals as (

    select
        project.project_id as object_id,
        deal.opportunity_id as record_id,
        deal.source_system,
        deal.known_at,
        deal.known_to,
        deal.is_deleted or not coalesce(deal.is_won, false) as is_silent,
        deal.practice,
        deal.region,
        deal.expected_start_date

    from {{ ref('core_opportunity') }} as deal
    inner join under_way as project on deal.opportunity_id = project.opportunity_id and project.projects = 1

),

ends as (

    select
        change.*,
        row_number() over (
            partition by change.project_id order by change.known_at desc, change.effective_on desc, change.change_id
        ) as recency

    from {{ ref('int_change_agreed') }} as change
    inner join under_way as project on change.project_id = project.project_id
    where change.change_type = 'change_order' and change.new_end_date is not null

)

{{ claims_of('projects', [
    ('project_identifiers', 'practice', 'practice'),
    ('project_identifiers', 'region', 'region'),
    ('project_identifiers', 'start_date', 'start_date'),
    ('project_identifiers', 'planned_end_date', 'planned_end_date'),
]) }}
union all
{{ claims_of('deals', [
    ('project_identifiers', 'practice', 'practice'),
    ('project_identifiers', 'region', 'region'),
    ('project_identifiers', 'start_date', 'expected_start_date'),
]) }}
union all
select
    project_id as object_id,
    cast('project_identifiers' as {{ dbt.type_string() }}) as domain,
    cast('planned_end_date' as {{ dbt.type_string() }}) as attribute,
    source_system,
    change_id as record_id,
    cast(new_end_date as {{ dbt.type_string() }}) as stated_value,
    known_at
from ends
where recency = 1
order by object_id, attribute, source_system, record_id
