-- What the systems say of one client, attribute by attribute; the value that wins is the one of the system the active
-- profile prefers. Text is compared without case and outer blanks.
with

preferred as (

    select
        stated.client_id,
        stated.domain,
        stated.attribute,
        stated.account_id,
        stated.source_system,
        stated.stated_value,
        row_number() over (
            partition by stated.client_id, stated.attribute
            order by coalesce(rule.preference, 99), stated.source_system, stated.account_id
        ) as preference

    from {{ ref('int_attribute_claim') }} as stated
    left join {{ ref('gov_system_of_record') }} as rule
        on stated.domain = rule.domain
        and stated.attribute = rule.attribute
        and stated.source_system = rule.system
        and rule.is_active

),

winners as (

    select
        client_id,
        attribute,
        account_id,
        source_system,
        stated_value

    from preferred
    where preference = 1

)

select
    preferred.client_id,
    preferred.domain,
    preferred.attribute,
    preferred.account_id,
    preferred.source_system,
    preferred.stated_value,
    winners.account_id as winning_account_id,
    winners.source_system as winning_system,
    winners.stated_value as winning_value,
    owners.steward_queue

from preferred
inner join winners
    on preferred.client_id = winners.client_id
    and preferred.attribute = winners.attribute
left join {{ ref('data_owner') }} as owners on preferred.domain = owners.domain
where lower(trim(preferred.stated_value)) <> lower(trim(winners.stated_value))
order by preferred.client_id, preferred.attribute, preferred.account_id
