-- 1/3 What moved where changes should show since the first of them was agreed. 2/3 Changes take that money in the order
-- agreed; changes up and down of one object do not eat each other. 3/3 What is left is open.
with

claims as (

    select
        placed.*,
        min(agreed_on) over objects as claimed_from,
        sum(greatest(expected_amount, 0)) over objects as all_up,
        sum(greatest(-expected_amount, 0)) over objects as all_down,
        sum(greatest(expected_amount, 0)) over in_order as up_to_here,
        sum(greatest(-expected_amount, 0)) over in_order as down_to_here

    from {{ ref('int_change_expected') }} as placed
    where not is_contained
    window
        objects as (partition by target, object_id, currency),
        in_order as (
            partition by target, object_id, currency
            order by agreed_on, change_type, change_id rows unbounded preceding
        )

),

moves as (

    select
        claims.event_id,
        claims.target,
        step.moved_on,
        case when claims.expected_amount < 0 then -1 else 1 end
            * sum(step.moved_amount) over (
                partition by claims.event_id, claims.target order by step.moved_on
            ) as moved_so_far,
        case when claims.expected_amount < 0 then claims.down_to_here else claims.up_to_here end as needed,
        case when claims.expected_amount < 0 then claims.up_to_here else claims.down_to_here end as countered,
        row_number() over (partition by claims.event_id, claims.target order by step.moved_on desc) as from_last

    from claims
    inner join {{ ref('int_change_step') }} as step
        on claims.target = step.target
        and claims.object_id = step.object_id
        and claims.currency = step.currency
        and (claims.target = 'billing' or step.moved_on >= claims.claimed_from)
        and not step.is_first

),

moved as (

    select
        event_id,
        target,
        max(case when from_last = 1 then moved_so_far end) as moved_amount,
        max(case when from_last = 1 then moved_on end) as last_on,
        min(case when moved_so_far + countered >= needed then moved_on end) as first_covered_on

    from moves
    group by event_id, target

),

measured as (

    select
        placed.*,
        abs(placed.expected_amount) as expected_size,
        case
            when placed.is_contained then abs(placed.expected_amount)
            when placed.expected_amount < 0 then least(greatest(
                coalesce(moved.moved_amount, 0) + claims.all_up - claims.down_to_here - placed.expected_amount, 0
            ), -placed.expected_amount)
            else least(greatest(
                coalesce(moved.moved_amount, 0) + claims.all_down - claims.up_to_here + placed.expected_amount, 0
            ), placed.expected_amount)
        end as reflected_size,
        case when placed.is_contained then placed.first_on else coalesce(moved.first_covered_on, moved.last_on) end
            as covered_on,
        case
            when placed.target = 'contract' and contract.end_date < placed.new_end_date then false
            when placed.target = 'budget' and placed.expected_amount = 0
                and (placed.last_on is null or placed.last_on < placed.agreed_on) then false
            else true
        end as is_noted

    from {{ ref('int_change_expected') }} as placed
    left join claims on placed.event_id = claims.event_id and placed.target = claims.target
    left join moved on placed.event_id = moved.event_id and placed.target = moved.target
    left join {{ current_rows('contract') }} as contract
        on placed.target = 'contract' and placed.object_id = contract.contract_id

),

judged as (

    select
        measured.*,
        case when expected_size - reflected_size <= 0.01 and is_noted then true else false end as is_reflected
    from measured

)

select
    judged.event_id, judged.target, judged.change_type, judged.change_id, judged.object_id,
    judged.contract_id, judged.project_id, judged.legal_entity_id, judged.agreed_on, judged.currency,
    cast(judged.expected_amount as decimal(18, 2)) as expected_amount,
    {{ money('case when judged.expected_amount < 0 then -judged.reflected_size else judged.reflected_size end') }}
        as reflected_amount,
    {{ money('judged.expected_size - judged.reflected_size') }} as open_amount,
    judged.is_noted,
    judged.is_reflected,
    case when judged.is_reflected then coalesce(judged.covered_on, judged.agreed_on) end as reflected_on,
    greatest({{ dbt.datediff(
        'judged.agreed_on',
        'case when judged.is_reflected then coalesce(judged.covered_on, judged.agreed_on) else valuation.valued_on end',
        'day'
    ) }}, 0) as days_open

from judged
cross join {{ ref('int_valuation') }} as valuation
order by judged.event_id, judged.target
