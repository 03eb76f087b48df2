{%- set profiles = integration_profiles() %}
-- What a switch of the integration profile would change: the winners of all three side by side, where they are not the same.
with

side_by_side as (

    select
        object_type,
        object_id,
        domain,
        attribute,
        {%- for profile in profiles %}
        {%- for column in ['winning_system', 'winning_record_id', 'winning_value'] %}
        max(case when integration_profile = '{{ profile }}' then {{ column }} end)
            as {{ profile }}_{{ column | replace('winning_', '') }},
        {%- endfor %}
        {%- endfor %}
        max(case when is_active then integration_profile end) as active_profile

    from {{ ref('int_attribute_winner') }}
    group by object_type, object_id, domain, attribute

),

compared as (

    select
        side_by_side.*,
        case
            when {{ says_the_same('erp_centric_value', 'crm_led_value') }}
                and {{ says_the_same('erp_centric_value', 'hub_and_spoke_value') }} then false
            else true
        end as value_differs,
        case
            when erp_centric_system = crm_led_system and erp_centric_system = hub_and_spoke_system then false
            else true
        end as system_differs

    from side_by_side

)

select
    compared.object_type,
    compared.object_id,
    compared.domain,
    compared.attribute,
    compared.active_profile,
    {%- for profile in profiles %}
    compared.{{ profile }}_system,
    compared.{{ profile }}_record_id,
    compared.{{ profile }}_value,
    {%- endfor %}
    compared.value_differs,
    compared.system_differs,
    owners.owner

from compared
left join {{ ref('data_owner') }} as owners on compared.domain = owners.domain
where compared.value_differs or compared.system_differs
order by compared.object_type, compared.object_id, compared.attribute
