{#
  What records claim of an object, one row per record and attribute: the present value, and the moment from which the
  record has said so without a break. A change of another attribute tells nothing new of this one. `rows` is a relation of
  versions with object_id, record_id, source_system, known_at, known_to and is_silent (a deleted record, or one that does
  not count, claims nothing, nor does a blank). `attributes` lists domain, attribute and the expression of its value.
#}
{% macro claims_of(rows, attributes) -%}
    select
        object_id,
        domain,
        attribute,
        source_system,
        record_id,
        stated_value,
        known_at

    from (
        select
            turns.*,
            row_number() over (
                partition by object_id, attribute, source_system, record_id order by known_at desc
            ) as recency
        from (
            select
                said.*,
                lag(stated_value) over versions as value_before,
                row_number() over versions as version
            from (
                {%- for domain, attribute, value in attributes %}
                select
                    object_id,
                    record_id,
                    source_system,
                    known_at,
                    cast('{{ domain }}' as {{ dbt.type_string() }}) as domain,
                    cast('{{ attribute }}' as {{ dbt.type_string() }}) as attribute,
                    case
                        when not is_silent then nullif(trim(cast({{ value }} as {{ dbt.type_string() }})), '')
                    end as stated_value
                from {{ rows }}
                where known_to is null or known_to > known_at
                {%- if not loop.last %}
                union all
                {%- endif %}
                {%- endfor %}
            ) as said
            window versions as (partition by object_id, attribute, source_system, record_id order by known_at)
        ) as turns
        where version = 1 or stated_value is distinct from value_before
    ) as ranked
    where recency = 1 and stated_value is not null
{%- endmacro %}


{# Money as a claim: the amount with its currency, so that 100 EUR and 100 USD are not taken for the same. #}
{% macro money_claim(amount, currency) -%}
    cast({{ amount }} as {{ dbt.type_string() }}) || ' ' || {{ currency }}
{%- endmacro %}


{# Whether two claims say the same: text is compared without case. #}
{% macro says_the_same(one, other) -%}
    lower({{ one }}) = lower({{ other }})
{%- endmacro %}


{# The texts of a group in alphabetical order, between bars. #}
{% macro between_bars(text) -%}
    {{ return(adapter.dispatch('between_bars')(text)) }}
{%- endmacro %}


{% macro duckdb__between_bars(text) -%}
    string_agg({{ text }}, ' | ' order by {{ text }})
{%- endmacro %}
