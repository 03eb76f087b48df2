{#
  What a record is linked with through others, as CTEs. `links` is a CTE of pairs (`key`, member_id), each record with itself
  among them; every round joins the links with themselves, so chains of up to 64 links are followed to the end. A recursive
  CTE would follow any, but not every engine knows one that drops the pairs it has found before (UNION).
#}
{% macro links_of_links(links, key, within=[]) -%}
    {%- for round in range(1, link_rounds() + 1) -%}
    {%- set before = links if round == 1 else links ~ '_' ~ (round - 1) -%}
{{ links }}_{{ round }} as (

    select distinct
        {%- for column in within + [key] %}
        near.{{ column }},
        {%- endfor %}
        far.member_id

    from {{ before }} as near
    inner join {{ before }} as far
        on near.member_id = far.{{ key }}
        {%- for column in within %}
        and near.{{ column }} = far.{{ column }}
        {%- endfor %}

),
{% endfor %}
{%- endmacro %}


{# The CTE that `links_of_links` ends with. #}
{% macro last_links(links) -%}
    {{ links }}_{{ link_rounds() }}
{%- endmacro %}


{% macro link_rounds() -%}
    {{ return(6) }}
{%- endmacro %}
