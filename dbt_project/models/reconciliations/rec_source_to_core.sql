{{ config(
    materialized='incremental' if new_batches() else 'table',
    incremental_strategy='delete+insert',
    unique_key='entity',
    on_schema_change='fail'
) }}
-- 1/3 rows the manifests promise against rows that can be read; 2/3 keys delivered against keys with a current version;
-- 3/3 money of each key's last delivery against money of its current version. Batches beyond the as-of cut are left out
-- of 1/3, since they are read in part. A difference is a fault of ours, never of the data: the build stops.
{%- set changed = changed_entities() %}
{%- set cut = as_of_cut() %}
with

batches as (

    select
        batch_id,
        entity,
        rows_landed

    from {{ ref('stg_landing__batch') }}
    where entity in ({{ "'" ~ changed | join("', '") ~ "'" }})
    {%- if cut %}
        and known_until <= cast('{{ cut }}' as timestamp)
    {%- endif %}

),

promised as (

    select
        entity,
        cast('rows' as {{ dbt.type_string() }}) as measure,
        cast('' as {{ dbt.type_string() }}) as currency,
        sum(rows_landed) as source_amount,
        cast(0 as decimal(38, 2)) as warehouse_amount

    from batches
    group by entity

),

compared as (

    select * from promised

    {%- for entity, contract in input_contract().items() if entity in changed %}
    {%- set staged = ref('stg_' ~ contract.system ~ '__' ~ entity) %}
    {%- set key = ['source_system'] + contract.key %}

    union all

    select '{{ entity }}', 'rows', '', cast(0 as decimal(38, 2)), count(*)
    from {{ staged }} as staged
    inner join batches on staged.batch_id = batches.batch_id

    union all

    select '{{ entity }}', 'keys', '', count(*), cast(0 as decimal(38, 2))
    from (select {{ key | join(', ') }} from {{ staged }} as staged group by {{ key | join(', ') }}) as keys

    union all

    select '{{ entity }}', 'keys', '', cast(0 as decimal(38, 2)), count(*)
    from {{ ref('core_' ~ entity) }} as versions
    where known_to is null

    {%- for column in contract.money %}
    {%- set currency = 'coalesce(currency, \'\')' if contract.has_currency else '\'\'' %}

    union all

    select '{{ entity }}', '{{ column }}', {{ currency }}, sum({{ column }}), cast(0 as decimal(38, 2))
    from (
        select
            staged.*,
            row_number() over (
                partition by {{ key | join(', ') }}
                order by staged.known_at desc, batch.loaded_at desc, staged.batch_id desc, staged.source_line desc
            ) as recency
        from {{ staged }} as staged
        inner join (select batch_id, loaded_at from {{ ref('stg_landing__batch') }}) as batch
            on staged.batch_id = batch.batch_id
    ) as latest
    where recency = 1
    group by {{ currency }}

    union all

    select '{{ entity }}', '{{ column }}', {{ currency }}, cast(0 as decimal(38, 2)), sum({{ column }})
    from {{ ref('core_' ~ entity) }} as versions
    where known_to is null
    group by {{ currency }}
    {%- endfor %}
    {%- endfor %}

)

select
    entity,
    measure,
    currency,
    {{ money('coalesce(sum(source_amount), 0)') }} as source_amount,
    {{ money('coalesce(sum(warehouse_amount), 0)') }} as warehouse_amount,
    {{ money('coalesce(sum(warehouse_amount), 0) - coalesce(sum(source_amount), 0)') }} as difference

from compared
group by entity, measure, currency
having coalesce(sum(source_amount), 0) <> 0 or coalesce(sum(warehouse_amount), 0) <> 0
order by entity, measure, currency
