with

accounts as (

    select
        account_id,
        master_account_id,
        source_system,
        name,
        region,
        row_number() over (partition by account_id order by source_system) as preference

    from {{ current_rows('account') }} as account

),

golden as (

    select
        account_id,
        coalesce(master_account_id, account_id) as client_id,
        name,
        region

    from accounts
    where preference = 1

)

select
    golden.account_id,
    golden.client_id,
    coalesce(master.name, golden.name) as client_name,
    coalesce(master.region, golden.region) as client_region,
    case when golden.account_id = golden.client_id then true else false end as is_golden

from golden
left join golden as master on golden.client_id = master.account_id
order by golden.account_id
