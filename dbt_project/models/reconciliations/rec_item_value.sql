-- CRM to ERP in money: what was sold and amended against what the contracts of the deal are worth.
with

-- Contracts of one deal are compared together, where all are in the currency of the deal.
booked as (

    select
        opportunity_id,
        sold_currency as currency,
        min(contract_id) as contract_id,
        min(legal_entity_id) as legal_entity_id,
        min(sold_amount) as sold_amount,
        sum(total_value) as booked_amount,
        max(greatest(sold_on, signed_on)) as booked_on

    from {{ ref('int_contract_deal') }}
    where sold_amount is not null
    group by opportunity_id, sold_currency
    having sum(case when currency = sold_currency then 0 else 1 end) = 0

),

amendments as (

    select
        amendment.amendment_id,
        amendment.contract_id,
        paired.opportunity_id,
        paired.legal_entity_id,
        amendment.value_change,
        coalesce(amendment.signed_on, amendment.effective_date) as signed_on

    from {{ current_rows('contract_amendment') }} as amendment
    inner join {{ ref('int_contract_deal') }} as paired on amendment.contract_id = paired.contract_id
    where amendment.status = 'signed'
        and coalesce(amendment.value_change, 0) <> 0
        and coalesce(amendment.currency, paired.currency) = paired.sold_currency

),

agreed as (

    select opportunity_id, sum(value_change) as amended_amount
    from amendments
    group by opportunity_id

),

gaps as (

    select
        booked.*,
        booked.sold_amount + coalesce(agreed.amended_amount, 0) as agreed_amount,
        booked.sold_amount + coalesce(agreed.amended_amount, 0) - booked.booked_amount as missing_amount

    from booked
    left join agreed on booked.opportunity_id = agreed.opportunity_id
    where booked.sold_amount + coalesce(agreed.amended_amount, 0) <> booked.booked_amount

),

-- What a contract lacks is one amendment, or all from some day on, when the amounts say so to the cent.
recent as (

    select
        amendments.*,
        gaps.missing_amount,
        row_number() over (
            partition by amendments.opportunity_id order by amendments.signed_on desc, amendments.amendment_id desc
        ) as place,
        sum(amendments.value_change) over (
            partition by amendments.opportunity_id order by amendments.signed_on desc, amendments.amendment_id desc
            rows unbounded preceding
        ) as running_amount

    from amendments
    inner join gaps on amendments.opportunity_id = gaps.opportunity_id

),

explained as (

    select
        opportunity_id,
        min(case when value_change = missing_amount then place end) as single_place,
        min(case when running_amount = missing_amount then place end) as last_place

    from recent
    group by opportunity_id

),

items as (

    select
        'amendment_not_in_contract' as finding_class,
        'contract_amendment' as object_type,
        recent.amendment_id as object_id,
        recent.contract_id,
        recent.legal_entity_id,
        gaps.currency,
        recent.value_change as expected_amount,
        cast(0 as decimal(18, 2)) as found_amount,
        recent.signed_on as wrong_since
    from recent
    inner join explained on recent.opportunity_id = explained.opportunity_id
    inner join gaps on recent.opportunity_id = gaps.opportunity_id
    where recent.place = explained.single_place
        or (explained.single_place is null and recent.place <= explained.last_place)

    union all

    select
        'contract_value_differs', 'opportunity', gaps.opportunity_id, gaps.contract_id, gaps.legal_entity_id,
        gaps.currency, gaps.agreed_amount, gaps.booked_amount, gaps.booked_on
    from gaps
    left join explained on gaps.opportunity_id = explained.opportunity_id
    where coalesce(explained.single_place, explained.last_place) is null

)

{{ differences('items') }}
