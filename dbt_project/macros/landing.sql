{# Where landed files are: var `landing`, else $LEADLINE_HOME/landing, else ../leadline-home/landing. #}
{% macro landing_folder() -%}
    {{ return(var('landing', env_var('LEADLINE_HOME', '../leadline-home') ~ '/landing')) }}
{%- endmacro %}


{# The as-of cut, as the text of a UTC moment; empty means everything landed. #}
{% macro as_of_cut() -%}
    {{ return(var('as_of', '')) }}
{%- endmacro %}


{#
  The rows of a source as landed, in the columns and types of the calling model's yml. The as-of cut is made here, at
  the mouth, so that nothing downstream can see past it. An entity that was never landed is an empty relation.
  Only the source's name is used, which is the entity's. Where landing is, is known when the build runs: a location in the
  source's properties would be kept with what dbt read of the project, for other homes too (leadline/warehouse/parsed.py).
#}
{% macro landing(source) -%}
    {{ return(adapter.dispatch('landing')(source.identifier)) }}
{%- endmacro %}


{% macro duckdb__landing(entity) -%}
    {%- set files = landing_folder() ~ '/' ~ entity ~ '/*.parquet' -%}
    {%- set cut = as_of_cut() -%}
(
    -- The contract's columns come first and with their types; a column that no delivery had yet is null.
    select
    {%- for column in model.columns.values() %}
        cast(null as {{ column.data_type }}) as {{ column.name }}{{ ',' if not loop.last }}
    {%- endfor %}
    where false
    {%- if landed_files(files) %}
    union all by name
    select * from read_parquet('{{ files }}', union_by_name = true)
    {%- if cut %} where known_at <= cast('{{ cut }}' as timestamp){% endif %}
    {%- endif %}
)
{%- endmacro %}


{# How many files a pattern matches; DuckDB refuses to read none. #}
{% macro landed_files(files) -%}
    {%- if not execute -%}{{ return(0) }}{%- endif -%}
    {{ return(run_query("select count(*) from glob('" ~ files ~ "')").columns[0].values()[0]) }}
{%- endmacro %}


{# The manifests of the landed batches: one row per delivery, what it holds and when it was loaded. #}
{% macro landed_batches() -%}
    {{ return(adapter.dispatch('landed_batches')()) }}
{%- endmacro %}


{% macro duckdb__landed_batches() -%}
    {%- set files = landing_folder() ~ '/_manifests/*.json' -%}
(
    {%- if landed_files(files) %}
    select * from read_json('{{ files }}', columns = {
        'batch_id': 'varchar', 'entity': 'varchar', 'source_system': 'varchar', 'file': 'varchar',
        'rows_in_file': 'bigint', 'rows_filtered': 'bigint', 'rows_read': 'bigint', 'rows_landed': 'bigint',
        'rows_quarantined': 'bigint', 'rows_superseded': 'bigint',
        'known_from': 'timestamp', 'known_until': 'timestamp', 'loaded_at': 'timestamptz'
    })
    {%- else %}
    select
        cast(null as varchar) as batch_id, cast(null as varchar) as entity, cast(null as varchar) as source_system,
        cast(null as varchar) as file, cast(null as bigint) as rows_in_file, cast(null as bigint) as rows_filtered,
        cast(null as bigint) as rows_read, cast(null as bigint) as rows_landed, cast(null as bigint) as rows_quarantined,
        cast(null as bigint) as rows_superseded, cast(null as timestamp) as known_from,
        cast(null as timestamp) as known_until, cast(null as timestamptz) as loaded_at
    where false
    {%- endif %}
)
{%- endmacro %}


{# When an entity was last delivered, for `dbt source freshness`; null when it never was. #}
{% macro last_delivery(entity) -%}
    select cast(max(loaded_at) as timestamp) from {{ landed_batches() }} as batch where entity = '{{ entity }}'
{%- endmacro %}
