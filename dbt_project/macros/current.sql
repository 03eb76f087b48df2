{#
  The moment that a rule speaks of. Every model of the intermediate layer is a rule: a build runs it as of the end of all
  knowledge, and `leadline.warehouse.rules` runs the same text as of any moment that it puts in the place of this literal.
#}
{% macro asked_moment() -%}
    cast('9998-12-31 23:59:59' as timestamp)
{%- endmacro %}


{# Whether something was known by the asked moment. A row that does not say when (a unit test may leave it out) always was. #}
{% macro is_known(known_at) -%}
    coalesce({{ known_at }} <= {{ asked_moment() }}, true)
{%- endmacro %}


{#
  The rows of an entity as known at the asked moment: one row per key, deletions gone. `known_to` is knowledge from after
  that moment: no rule reads it from here.
#}
{% macro current_rows(entity) -%}
    (
        select *
        from {{ ref('core_' ~ entity) }}
        where {{ is_known('known_at') }}
            and (known_to is null or known_to > {{ asked_moment() }})
            and not is_deleted
    )
{%- endmacro %}


{#
  Every version of an entity known by the asked moment, deletions included. `held_to` is when it was superseded, null while
  it still held at that moment; `known_to` may lie after it: no rule reads it from here.
#}
{% macro known_versions(entity) -%}
    (
        select
            version.*,
            case when version.known_to <= {{ asked_moment() }} then version.known_to end as held_to

        from {{ ref('core_' ~ entity) }} as version
        where {{ is_known('version.known_at') }}
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
