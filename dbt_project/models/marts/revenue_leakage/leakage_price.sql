-- Of two versions known at one moment the earlier one was never believed, so no hour was ever priced by it.
with

rate as (

    select *
    from {{ ref('core_rate_card') }} as version
    where not is_deleted and known_at < {{ known_until('version') }}

),

agreed as (

    select
        contract_id,
        false as is_listed,
        rate_id, role, person_id, rate, currency, valid_from, valid_to, known_at, known_to
    from rate
    where contract_id is not null

),

contract as (

    select contract_id, min(first_known_at) as first_known_at
    from {{ ref('core_contract') }}
    group by contract_id

),

-- The list price speaks where the contract is silent.
listed as (

    select
        contract.contract_id,
        true as is_listed,
        rate.rate_id, rate.role, rate.person_id, rate.rate, rate.currency, rate.valid_from, rate.valid_to,
        greatest(rate.known_at, contract.first_known_at) as known_at,
        rate.known_to
    from contract
    cross join rate
    where rate.contract_id is null
        and contract.first_known_at < coalesce(rate.known_to, cast('9999-12-31' as timestamp))

)

select * from agreed
union all
select * from listed
