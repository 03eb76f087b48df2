-- Every claim in one long table. Rules of survivorship speak of kinds of system; one that no row names is its own kind.
with

claims as (

    select cast('client' as {{ dbt.type_string() }}) as object_type, client.* from {{ ref('int_client_claim') }} as client
    union all
    select cast('contract' as {{ dbt.type_string() }}) as object_type, contract.*
    from {{ ref('int_contract_claim') }} as contract
    union all
    select cast('project' as {{ dbt.type_string() }}) as object_type, project.*
    from {{ ref('int_project_claim') }} as project

)

select
    claims.object_type,
    claims.object_id,
    claims.domain,
    claims.attribute,
    claims.source_system,
    coalesce(kinds.system, claims.source_system) as system,
    claims.record_id,
    claims.stated_value,
    claims.known_at

from claims
left join {{ ref('system_kind') }} as kinds on claims.source_system = kinds.source_system
order by claims.object_type, claims.object_id, claims.attribute, claims.source_system, claims.record_id
