-- Survivorship, under every profile at once. 1/3 Rank the claims of an attribute: the system of record first, of equals the
-- one known most recently, then the smallest system and record. 2/3 The first wins, and what sets it apart from the
-- second is what decided. 3/3 Count and list what is said otherwise.
with

profiles as (

    {%- for profile in integration_profiles() %}
    select
        cast('{{ profile }}' as {{ dbt.type_string() }}) as integration_profile,
        {{ 'true' if profile == integration_profile() else 'false' }} as is_active
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

ranked as (

    select
        profiles.integration_profile,
        profiles.is_active,
        claim.*,
        coalesce(rule.preference, 99) as preference,
        row_number() over survivorship as place,
        lead(coalesce(rule.preference, 99)) over survivorship as next_preference,
        lead(claim.known_at) over survivorship as next_known_at

    from {{ ref('int_attribute_claim') }} as claim
    cross join profiles
    left join {{ ref('gov_system_of_record') }} as rule
        on profiles.integration_profile = rule.integration_profile
        and claim.domain = rule.domain
        and claim.attribute = rule.attribute
        and claim.system = rule.system
    window survivorship as (
        partition by profiles.integration_profile, claim.object_type, claim.object_id, claim.attribute
        order by coalesce(rule.preference, 99), claim.known_at desc, claim.source_system, claim.record_id
    )

),

winners as (

    select
        ranked.*,
        case
            when next_preference is null then 'only_claim'
            when next_preference <> preference then 'system_of_record'
            when next_known_at <> known_at then 'most_recently_known'
            else 'smallest_record'
        end as decided_by

    from ranked
    where place = 1

),

claims as (

    select integration_profile, object_type, object_id, attribute, count(*) as claims
    from ranked
    group by integration_profile, object_type, object_id, attribute

),

other_values as (

    select
        ranked.integration_profile,
        ranked.object_type,
        ranked.object_id,
        ranked.attribute,
        min(ranked.stated_value) as stated_value,
        count(*) as losing_claims

    from ranked
    inner join winners
        on ranked.integration_profile = winners.integration_profile
        and ranked.object_type = winners.object_type
        and ranked.object_id = winners.object_id
        and ranked.attribute = winners.attribute
    where not {{ says_the_same('ranked.stated_value', 'winners.stated_value') }}
    group by
        ranked.integration_profile, ranked.object_type, ranked.object_id, ranked.attribute,
        lower(ranked.stated_value)

),

losers as (

    select
        integration_profile,
        object_type,
        object_id,
        attribute,
        sum(losing_claims) as losing_claims,
        {{ between_bars('stated_value') }} as losing_values

    from other_values
    group by integration_profile, object_type, object_id, attribute

)

select
    winners.integration_profile,
    winners.is_active,
    winners.object_type,
    winners.object_id,
    winners.domain,
    winners.attribute,
    winners.source_system as winning_system,
    winners.record_id as winning_record_id,
    winners.stated_value as winning_value,
    winners.known_at as winning_known_at,
    winners.decided_by,
    claims.claims,
    cast(coalesce(losers.losing_claims, 0) as bigint) as losing_claims,
    losers.losing_values

from winners
inner join claims
    on winners.integration_profile = claims.integration_profile
    and winners.object_type = claims.object_type
    and winners.object_id = claims.object_id
    and winners.attribute = claims.attribute
left join losers
    on winners.integration_profile = losers.integration_profile
    and winners.object_type = losers.object_type
    and winners.object_id = losers.object_id
    and winners.attribute = losers.attribute
order by winners.integration_profile, winners.object_type, winners.object_id, winners.attribute
