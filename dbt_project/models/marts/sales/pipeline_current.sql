with

stage_entries as (

    select
        opportunity_id,
        max(event_at) as entered_stage_at

    from {{ current_rows('opportunity_event') }} as event
    where event_type = 'stage'
    group by opportunity_id

),

demands as (

    select
        opportunity_id,
        sum(fte * duration_weeks) as demand_fte_weeks

    from {{ current_rows('opportunity_role_demand') }} as demand
    group by opportunity_id

)

select
    deal.opportunity_id,
    golden.client_id,
    golden.client_name,
    deal.legal_entity_id,
    deal.owner_id,
    deal.practice,
    deal.region,
    deal.stage,
    deal.billing_method,
    deal.created_on,
    deal.expected_close_date,
    deal.expected_start_date,
    cast({{ dbt.datediff(
        'coalesce(cast(stage_entries.entered_stage_at as date), deal.created_on)', 'valuation.valued_on', 'day'
    ) }} as bigint) as days_in_stage,
    cast(greatest(
        {{ dbt.datediff('deal.expected_close_date', 'valuation.valued_on', 'day') }}, 0
    ) as bigint) as days_past_expected_close,
    deal.currency,
    deal.amount,
    {{ money(product('deal.amount', 'fx.rate')) }} as amount_reporting,
    deal.probability as seller_probability,
    {{ money(product(money(product('deal.amount', 'fx.rate')), 'deal.probability')) }} as weighted_amount_reporting,
    cast(demands.demand_fte_weeks as decimal(18, 2)) as demand_fte_weeks

from {{ current_rows('opportunity') }} as deal
cross join {{ ref('int_valuation') }} as valuation
left join {{ ref('int_account_golden') }} as golden on deal.account_id = golden.account_id
left join stage_entries on deal.opportunity_id = stage_entries.opportunity_id
left join demands on deal.opportunity_id = demands.opportunity_id
left join {{ ref('int_fx_reporting') }} as fx on {{ fx_holds('fx', 'deal.currency', 'valuation.valued_on') }}
where not coalesce(deal.is_closed, false)
order by deal.opportunity_id
