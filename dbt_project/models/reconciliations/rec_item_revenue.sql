-- Billing to revenue, period by period: whether each period of the schedule was recognised once, in the contract's
-- currency, and, where the method leaves no judgement, at the amount that was planned.
with

periods as (

    select
        revenue.*,
        contract.legal_entity_id,
        contract.currency as contract_currency,
        contract.status as contract_status

    from {{ current_rows('revenue_schedule') }} as revenue
    left join {{ current_rows('contract') }} as contract on revenue.contract_id = contract.contract_id

),

-- What was planned last, before the period was recognised.
plans as (

    select
        revenue_id,
        amount,
        currency,
        row_number() over (partition by revenue_id order by known_at desc) as recency

    from {{ ref('core_revenue_schedule') }}
    where status = 'planned' and not is_deleted and (known_to is null or known_to > known_at)

),

repeats as (

    select
        periods.*,
        row_number() over (
            partition by contract_id, contract_line_id, period_start, period_end, currency, amount
            order by first_known_at, revenue_id
        ) as place

    from periods
    where status = 'recognised'

),

items as (

    select
        'revenue_off_schedule' as finding_class,
        'revenue_schedule' as object_type,
        periods.revenue_id as object_id,
        periods.contract_id,
        periods.legal_entity_id,
        periods.currency,
        plans.amount as expected_amount,
        periods.amount as found_amount,
        periods.period_end as wrong_since
    from periods
    inner join plans
        on periods.revenue_id = plans.revenue_id
        and plans.recency = 1
        and periods.currency = plans.currency
    where periods.status = 'recognised'
        and periods.method in ('straight_line', 'point_in_time')
        and periods.amount <> plans.amount

    union all

    select
        'revenue_not_recognised', 'revenue_schedule', revenue_id, contract_id, legal_entity_id, currency,
        amount, 0, period_end
    from periods
    where status = 'planned' and contract_status in ('active', 'closed') and amount <> 0

    union all

    select
        'revenue_recognised_twice', 'revenue_schedule', revenue_id, contract_id, legal_entity_id, currency,
        0, amount, period_end
    from repeats
    where place > 1 and amount <> 0

    union all

    select
        'revenue_in_other_currency', 'revenue_schedule', revenue_id, contract_id, legal_entity_id, currency,
        0, amount, period_end
    from periods
    where currency <> contract_currency

)

{{ differences('items') }}
