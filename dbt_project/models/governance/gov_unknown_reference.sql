-- Every reference of the input contract between delivered entities: how many current rows name a record that is not there.
with

checks as (

    {%- set checks = [] %}
    {%- for entity, contract in input_contract().items() %}
    {%- for column, target in contract.references.items() %}
    {%- do checks.append((entity, column, target, contract.key[0])) %}
    {%- endfor %}
    {%- endfor %}
    {%- for entity, column, target, key in checks %}
    select
        cast('{{ entity }}' as {{ dbt.type_string() }}) as entity,
        cast('{{ column }}' as {{ dbt.type_string() }}) as reference_column,
        cast('{{ target }}' as {{ dbt.type_string() }}) as referenced_entity,
        count(*) as referring_rows,
        sum(case when known_key.{{ input_contract()[target].key[0] }} is null then 1 else 0 end) as unknown_rows,
        min(case when known_key.{{ input_contract()[target].key[0] }} is null then referring.{{ column }} end)
            as example_value

    from {{ current_rows(entity) }} as referring
    left join (
        select {{ input_contract()[target].key[0] }}
        from {{ current_rows(target) }} as target
        group by {{ input_contract()[target].key[0] }}
    ) as known_key on referring.{{ column }} = known_key.{{ input_contract()[target].key[0] }}
    where referring.{{ column }} is not null
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

)

select
    entity,
    reference_column,
    referenced_entity,
    referring_rows,
    cast(unknown_rows as bigint) as unknown_rows,
    {{ ratio('unknown_rows', 'referring_rows') }} as unknown_share,
    example_value

from checks
where unknown_rows > 0
order by entity, reference_column
