{# The rows of a rec_item_ model, typed alike and in order; `rows` is a relation with these columns. #}
{% macro differences(rows) -%}
    select
        cast(finding_class as {{ dbt.type_string() }}) as finding_class,
        cast(object_type as {{ dbt.type_string() }}) as object_type,
        object_id,
        contract_id,
        legal_entity_id,
        currency,
        {{ money('expected_amount') }} as expected_amount,
        {{ money('found_amount') }} as found_amount,
        wrong_since

    from {{ rows }}
    order by finding_class, object_id
{%- endmacro %}
