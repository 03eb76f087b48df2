{#
  Spans of days over which what was last known of an object at the day's end stays the same. Of a day's versions the one
  believed at its end counts; a day on which the object was deleted, and those after it, have no span. `rows` is a
  relation of versions with known_at, known_to and is_deleted; the last span ends with the valuation day.
#}
{% macro day_spans(rows, key, columns) -%}
    select
        {{ key }},
        {%- for column in columns %}
        {{ column }},
        {%- endfor %}
        min(first_day) as from_day,
        max(last_day) as to_day

    from (
        select
            marked.*,
            sum(is_new) over (partition by {{ key }} order by first_day rows unbounded preceding) as span
        from (
            select
                ended.*,
                case when lag(last_day) over days = {{ days_after('first_day', -1) }}
                    {%- for column in columns %}
                    and ({{ column }} is not distinct from lag({{ column }}) over days)
                    {%- endfor %}
                then 0 else 1 end as is_new
            from (
                select
                    version.*,
                    cast(version.known_at as date) as first_day,
                    least(
                        coalesce({{ days_after('cast(version.known_to as date)', -1) }}, valuation.valued_on),
                        valuation.valued_on
                    ) as last_day
                from {{ rows }} as version
                cross join {{ ref('int_valuation') }} as valuation
            ) as ended
            where last_day >= first_day and not is_deleted
            window days as (partition by {{ key }} order by first_day)
        ) as marked
    ) as spans
    group by {{ key }}, {% for column in columns %}{{ column }}, {% endfor %}span
{%- endmacro %}


{# Condition that a span of days holds on a day: join a `_state` mart to `calendar_day` by it to get a row per day. #}
{% macro holds_on(state, day) -%}
    {{ day }} between {{ state }}.from_day and {{ state }}.to_day
{%- endmacro %}
