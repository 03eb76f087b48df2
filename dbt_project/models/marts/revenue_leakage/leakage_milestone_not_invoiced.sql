with

milestone as (

    select
        milestone.milestone_id, milestone.invoice_line_id, milestone.reached_on, milestone.amount,
        coalesce(milestone.currency, line.currency) as currency,
        line.contract_line_id, line.contract_id, line.project_id, line.account_id, line.legal_entity_id,
        {{ billing_is_late_on('milestone.reached_on', var('leakage_grace_days', 35)) }} as matures_on,
        greatest(milestone.known_at, line.known_at) as known_at,
        least(milestone.known_to, line.known_to) as known_to
    from {{ ref('core_milestone') }} as milestone
    inner join {{ ref('leakage_contract_line') }} as line
        on milestone.contract_line_id = line.contract_line_id
        and {{ hold_together('milestone', 'line') }}
    where not milestone.is_deleted
        and milestone.status in ('reached', 'accepted')
        and milestone.reached_on is not null
        and milestone.amount > 0.01

),

-- The invoice lines that billed the milestone, named by it, or by its planned bill. A planned bill that says it is
-- invoiced is believed without naming the line.
bill as (

    select milestone_id, invoice_line_id, known_at, known_to
    from {{ ref('core_milestone') }}
    where not is_deleted and invoice_line_id is not null

    union all

    select milestone_id, invoice_line_id, known_at, known_to
    from {{ ref('core_billing_schedule') }}
    where not is_deleted
        and milestone_id is not null
        and (invoice_line_id is not null or status = 'invoiced')

),

-- Bills with what their invoice says: the moments at which a bill begins to count, and at which it is voided.
change as (

    select milestone_id, known_at as moment_at from milestone
    union
    select milestone_id, known_at as moment_at from bill
    union
    select milestone_id, known_to as moment_at from bill where known_to is not null
    union
    select bill.milestone_id, voided.known_at as moment_at
    from bill inner join {{ ref('leakage_voided_line') }} as voided on bill.invoice_line_id = voided.invoice_line_id
    union
    select bill.milestone_id, voided.known_to as moment_at
    from bill inner join {{ ref('leakage_voided_line') }} as voided on bill.invoice_line_id = voided.invoice_line_id
    where voided.known_to is not null

),

segment as (

    select milestone_id, moment_at, lead(moment_at) over (partition by milestone_id order by moment_at) as next_at
    from change

),

billed as (

    select segment.milestone_id, segment.moment_at
    from segment
    inner join bill
        on segment.milestone_id = bill.milestone_id
        and {{ holds_at('bill', 'segment.moment_at') }}
    left join {{ ref('leakage_voided_line') }} as voided
        on bill.invoice_line_id = voided.invoice_line_id
        and {{ holds_at('voided', 'segment.moment_at') }}
    where voided.invoice_line_id is null
    group by segment.milestone_id, segment.moment_at

),

unbilled as (

    select
        milestone.*,
        greatest(milestone.known_at, segment.moment_at, cast(milestone.matures_on as timestamp)) as late_from,
        least(milestone.known_to, segment.next_at) as late_to
    from segment
    inner join milestone
        on segment.milestone_id = milestone.milestone_id
        and milestone.known_at < coalesce(segment.next_at, cast('9999-12-31' as timestamp))
        and {{ known_until('milestone') }} > segment.moment_at
    left join billed on segment.milestone_id = billed.milestone_id and segment.moment_at = billed.moment_at
    where billed.milestone_id is null

)

select
    'milestone_not_invoiced:' || milestone_id as evidence_id,
    'milestone_not_invoiced' as leakage_class,
    contract_line_id,
    contract_id,
    project_id,
    account_id,
    legal_entity_id,
    {{ month_of('reached_on') }} as period,
    amount,
    currency,
    amount as expected_amount,
    cast(0 as decimal(18, 2)) as billed_amount,
    'milestone' as left_entity,
    milestone_id as left_key,
    'contract_line' as right_entity,
    contract_line_id as right_key,
    matures_on,
    late_from as known_at,
    late_to as known_to

from unbilled
where late_from < coalesce(late_to, cast('9999-12-31' as timestamp))
