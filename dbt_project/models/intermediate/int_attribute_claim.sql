-- What each customer record claims of its client. A record deleted claims nothing, and a blank claims nothing either: it
-- must not win over a value only because its system is preferred.
{%- set attributes = [
    ('customer_master', 'name', 'name'),
    ('customer_master', 'region', 'region'),
    ('customer_master', 'country_code', 'country_code'),
    ('customer_master', 'payment_terms_days', 'cast(payment_terms_days as ' ~ dbt.type_string() ~ ')'),
    ('tax_attributes', 'tax_id', 'tax_id'),
] %}
with

records as (

    select
        golden.client_id,
        account.account_id,
        account.source_system,
        account.name,
        account.region,
        account.country_code,
        account.payment_terms_days,
        account.tax_id

    from {{ current_rows('account') }} as account
    inner join {{ ref('int_account_golden') }} as golden on account.account_id = golden.account_id

),

claims as (

    {%- for domain, attribute, value in attributes %}
    select
        client_id,
        account_id,
        source_system,
        cast('{{ domain }}' as {{ dbt.type_string() }}) as domain,
        cast('{{ attribute }}' as {{ dbt.type_string() }}) as attribute,
        {{ value }} as stated_value

    from records
    {%- if not loop.last %}

    union all
    {%- endif %}
    {%- endfor %}

)

select
    client_id,
    domain,
    attribute,
    account_id,
    source_system,
    stated_value

from claims
where trim(stated_value) <> ''
order by client_id, attribute, account_id, source_system
