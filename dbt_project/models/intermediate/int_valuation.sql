select
    cast('{{ reporting_currency() }}' as {{ dbt.type_string() }}) as reporting_currency,
    cast(valued_at as date) as valued_on

from {{ ref('int_moment') }}
