{# The rows of an entity as last known: one row per key, deletions gone. #}
{% macro current_rows(entity) -%}
    (
        select *
        from {{ ref('core_' ~ entity) }}
        where known_to is null and not is_deleted
    )
{%- endmacro %}


{# Condition that a row of int_fx_reporting holds for a currency on a day. #}
{% macro fx_holds(fx, currency, day) -%}
    {{ fx }}.currency = {{ currency }}
        and {{ day }} >= {{ fx }}.valid_from
        and {{ day }} < {{ fx }}.valid_to
{%- endmacro %}


{# Currency that money at risk is stated in: var, else environment, else USD. #}
{% macro reporting_currency() -%}
    {{ return(var('reporting_currency', env_var('LEADLINE_REPORTING_CURRENCY', 'USD'))) }}
{%- endmacro %}


{# Which system wins: var, else environment, else erp_centric. #}
{% macro integration_profile() -%}
    {{ return(var('integration_profile', env_var('LEADLINE_INTEGRATION_PROFILE', 'erp_centric'))) }}
{%- endmacro %}


{# The three integration profiles, in the order in which they are shown side by side. #}
{% macro integration_profiles() -%}
    {{ return(['erp_centric', 'crm_led', 'hub_and_spoke']) }}
{%- endmacro %}


{#
  An amount in the books of a legal entity: unchanged in its own currency, else by both currencies' rates to the reporting
  currency on one day. `fx` and `own` are rows of int_fx_reporting; null where either is unknown.
#}
{% macro functional_amount(amount, currency, functional_currency, fx, own) -%}
    case
        when {{ currency }} = {{ functional_currency }} then {{ money(amount) }}
        else {{ money(product(amount, fx ~ '.rate / nullif(' ~ own ~ '.rate, 0)')) }}
    end
{%- endmacro %}
