{#
  Incremental builds start from the tables of the snapshot before and are given the batches that landed since
  (var `new_batches`, given by `leadline build`; empty when run by hand: a full build).
#}
{% macro new_batches() -%}
    {{ return(var('new_batches', [])) }}
{%- endmacro %}


{# Whether a delivered row came in one of the new batches. #}
{% macro is_new_delivery(row) -%}
    {{ row }}.batch_id in ({{ "'" ~ new_batches() | join("', '") ~ "'" }})
{%- endmacro %}


{#
  The entities of the contract that have something new; all of them in a full build, and while dbt reads
  the project: what it reads is kept for builds with other batches (leadline/warehouse/parse_cache.py).
#}
{% macro changed_entities() -%}
    {{ return(var('changed_entities', []) if new_batches() and execute else input_contract().keys() | list) }}
{%- endmacro %}
