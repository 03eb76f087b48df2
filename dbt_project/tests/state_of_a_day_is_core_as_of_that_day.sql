-- Catches: a state of a day that is not what core says as of that day's end. Usual cause: a span not closed by a deletion,
-- or a change of the macro `day_spans`. Four days are compared, back from the valuation day.
-- A row returned is a state that only one of the two sides has.
{%- set states = {
    'opportunity_state': ('core_opportunity', ['opportunity_id', 'account_id', 'legal_entity_id', 'owner_id',
        'stage', 'is_closed', 'is_won', 'probability', 'expected_close_date', 'close_date', 'currency', 'amount']),
    'project_state': ('core_project', ['project_id', 'account_id', 'contract_id', 'legal_entity_id', 'manager_id',
        'status', 'start_date', 'planned_end_date', 'actual_end_date']),
    'contract_state': ('core_contract', ['contract_id', 'account_id', 'legal_entity_id', 'opportunity_id', 'status',
        'billing_method', 'currency', 'total_value', 'not_to_exceed', 'start_date', 'end_date', 'signed_on']),
    'booking_state': ('core_assignment', ['assignment_id', 'person_id', 'project_id', 'opportunity_id', 'role',
        'booking_type', 'status', 'start_date', 'end_date', 'hours_per_week']),
} %}
with

days as (

    {%- for back in [0, 30, 181, 400] %}
    select {{ days_after('valued_on', -back) }} as day from {{ ref('int_valuation') }}
    {{- ' union all' if not loop.last }}
    {%- endfor %}

),

sides as (

    {%- for state, (core, columns) in states.items() %}
    select
        '{{ state }}' as state,
        1 as side,
        days.day,
        {%- for column in columns %}
        cast(spans.{{ column }} as {{ dbt.type_string() }}) as c{{ loop.index }},
        {%- endfor %}
        {%- for rest in range(columns | length, 12) %}
        cast(null as {{ dbt.type_string() }}) as c{{ rest + 1 }}{{ ',' if not loop.last }}
        {%- endfor %}
    from days
    inner join {{ ref(state) }} as spans on {{ holds_on('spans', 'days.day') }}

    union all

    select
        '{{ state }}' as state,
        2 as side,
        days.day,
        {%- for column in columns %}
        cast(version.{{ column }} as {{ dbt.type_string() }}) as c{{ loop.index }},
        {%- endfor %}
        {%- for rest in range(columns | length, 12) %}
        cast(null as {{ dbt.type_string() }}) as c{{ rest + 1 }}{{ ',' if not loop.last }}
        {%- endfor %}
    from days
    inner join {{ ref(core) }} as version
        on version.known_at < cast({{ days_after('days.day', 1) }} as timestamp)
        and {{ known_until('version') }} >= cast({{ days_after('days.day', 1) }} as timestamp)
    where not version.is_deleted
    {{- ' union all' if not loop.last }}
    {%- endfor %}

)

select state, day, {% for i in range(1, 13) %}c{{ i }}, {% endfor %}min(side) as side, count(*) as rows_found
from sides
group by state, day{% for i in range(1, 13) %}, c{{ i }}{% endfor %}
having count(*) <> 2 or min(side) <> 1 or max(side) <> 2
