-- A check of every entity belongs to the entity's own domain.
with

counted as (

    select * from {{ ref('int_quality_structural') }}
    union all
    select * from {{ ref('int_quality_logical') }}
    union all
    select * from {{ ref('int_quality_analytical') }}

),

domains as (

    {%- for entity, contract in input_contract().items() %}
    select cast('{{ entity }}' as {{ dbt.type_string() }}) as entity,
        cast('{{ contract.domain }}' as {{ dbt.type_string() }}) as domain
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

shares as (

    select
        counted.check_id,
        checks.kind,
        counted.entity,
        coalesce(checks.domain, domains.domain) as domain,
        checks.asks,
        counted.examined_rows,
        counted.failing_rows,
        counted.failing_rows * 1.0 / counted.examined_rows as failing_share,
        checks.most_a,
        checks.most_b,
        checks.most_c

    from counted
    inner join {{ ref('quality_check') }} as checks
        on counted.check_id = checks.check_id
        and checks.entity in ('*', counted.entity)
    left join domains on counted.entity = domains.entity
    where counted.examined_rows > 0

)

select
    shares.check_id,
    shares.kind,
    shares.entity,
    shares.domain,
    owners.owner,
    owners.steward_queue,
    shares.asks,
    shares.examined_rows,
    shares.failing_rows,
    cast(shares.failing_share as decimal(9, 6)) as failing_share,
    cast(case
        when shares.failing_share <= shares.most_a then 'A'
        when shares.failing_share <= shares.most_b then 'B'
        when shares.failing_share <= shares.most_c then 'C'
        else 'F'
    end as {{ dbt.type_string() }}) as grade

from shares
left join {{ ref('data_owner') }} as owners on shares.domain = owners.domain
order by shares.check_id, shares.entity
