-- CRM to ERP, deal by deal: which deals and contracts lack each other, and what both name differently.
with

-- A firm that lands no deals has none to compare with.
crm as (

    select count(*) as deals from {{ ref('core_opportunity') }}

),

deals_booked as (

    select opportunity_id
    from {{ ref('int_contract_deal') }}
    where opportunity_id is not null
    group by opportunity_id

),

items as (

    select
        'deal_without_contract' as finding_class,
        'opportunity' as object_type,
        deal.opportunity_id as object_id,
        cast(null as {{ dbt.type_string() }}) as contract_id,
        deal.legal_entity_id,
        deal.currency,
        coalesce(deal.amount, 0) as expected_amount,
        cast(0 as decimal(18, 2)) as found_amount,
        coalesce(deal.close_date, cast(deal.known_at as date)) as wrong_since
    from {{ current_rows('opportunity') }} as deal
    left join deals_booked on deal.opportunity_id = deals_booked.opportunity_id
    where deal.is_won and deals_booked.opportunity_id is null

    union all

    select
        'contract_without_deal', 'contract', contract_id, contract_id, legal_entity_id,
        currency, 0, total_value, signed_on
    from {{ ref('int_contract_deal') }}
    cross join crm
    where opportunity_id is null and crm.deals > 0

    {%- for finding_class, booked, sold in [
        ('contract_currency_differs', 'currency', 'sold_currency'),
        ('contract_entity_differs', 'legal_entity_id', 'sold_entity_id'),
        ('contract_client_differs', 'client_id', 'sold_client_id'),
    ] %}

    union all

    select
        '{{ finding_class }}', 'contract', contract_id, contract_id, legal_entity_id,
        currency, 0, total_value, greatest(sold_on, signed_on)
    from {{ ref('int_contract_deal') }}
    where {{ booked }} <> {{ sold }}
    {%- endfor %}

)

{{ differences('items') }}
