-- Attributes that no steward decides on are those of the golden record.
with

records as (

    select client_id, count(*) as accounts
    from {{ ref('int_account_golden') }}
    group by client_id

)

select
    golden.client_id,
    golden.client_name,
    golden.client_region as region,
    account.industry,
    account.country_code,
    account.owner_id,
    account.status,
    account.created_on,
    records.accounts

from {{ ref('int_account_golden') }} as golden
inner join records on golden.client_id = records.client_id
left join {{ current_rows('account') }} as account on golden.account_id = account.account_id
where golden.is_golden
