-- The golden customer of each record: which one it is, and its name and region as they win under the active profile.
with

winners as (

    select
        object_id,
        attribute,
        winning_value

    from {{ ref('int_attribute_winner') }}
    where object_type = 'client' and domain = 'customer_master' and is_active

)

select
    client.account_id,
    client.client_id,
    names.winning_value as client_name,
    regions.winning_value as client_region,
    client.is_golden

from {{ ref('int_account_client') }} as client
left join winners as names on client.client_id = names.object_id and names.attribute = 'name'
left join winners as regions on client.client_id = regions.object_id and regions.attribute = 'region'
order by client.account_id
