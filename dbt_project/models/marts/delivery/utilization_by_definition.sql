-- Seven definitions of one word, from the hours of utilization_weekly and those of its rivals. Sums, so that groups of
-- weeks, roles or regions divide sums by sums and never average ratios.
with

weeks as (

    select
        utilization.week_start,
        utilization.legal_entity_id,
        utilization.region,
        utilization.role,
        sum(utilization.available_hours) as available_hours,
        sum(utilization.contractual_hours) as contractual_hours,
        -- 2,000 hours a year, whatever the contract says, for everyone employed in the week.
        sum(case when utilization.contractual_hours > 0 then cast(2000 as decimal(9, 2)) / 52 else 0 end)
            as benchmark_hours,
        sum(utilization.worked_hours) as worked_hours,
        sum(utilization.billable_hours) as billable_hours,
        sum(coalesce(time_week.submitted_billable_hours, 0)) as submitted_billable_hours,
        sum(coalesce(time_week.billed_hours, 0)) as billed_hours,
        sum(coalesce(time_week.productive_hours, 0)) as productive_hours

    from {{ ref('utilization_weekly') }} as utilization
    left join {{ ref('int_time_week') }} as time_week
        on utilization.person_id = time_week.person_id
        and utilization.week_start = time_week.week_start
    group by utilization.week_start, utilization.legal_entity_id, utilization.region, utilization.role

),

defined as (

    {%- for definition, counted, capacity in [
        ('billable_of_available', 'billable_hours', 'available_hours'),
        ('submitted_of_available', 'submitted_billable_hours', 'available_hours'),
        ('billed_of_available', 'billed_hours', 'available_hours'),
        ('productive_of_available', 'productive_hours', 'available_hours'),
        ('billable_of_contractual', 'billable_hours', 'contractual_hours'),
        ('billable_of_2000_hours', 'billable_hours', 'benchmark_hours'),
        ('billable_of_worked', 'billable_hours', 'worked_hours'),
    ] %}
    select
        week_start,
        legal_entity_id,
        region,
        role,
        cast('{{ definition }}' as {{ dbt.type_string() }}) as definition,
        {{ counted }} as counted_hours,
        {{ capacity }} as capacity_hours
    from weeks
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select
    week_start,
    legal_entity_id,
    region,
    role,
    definition,
    {{ hours('counted_hours') }} as counted_hours,
    {{ hours('capacity_hours') }} as capacity_hours,
    {{ ratio('counted_hours', 'capacity_hours') }} as utilization_ratio

from defined
order by week_start, legal_entity_id, region, role, definition
