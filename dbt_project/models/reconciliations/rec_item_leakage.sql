-- What should have been billed, as the exact classes of leakage find it now. What a ceiling absorbs was agreed: it is a
-- loss, no difference.
with

-- Where a ceiling is reached no more can be billed, whichever of the hours went without a bill.
ceilings as (

    select contract_line_id, cap_key, not_to_exceed
    from {{ ref('leakage_contract_line') }}
    where known_to is null and not_to_exceed is not null

),

reached as (

    select ceilings.cap_key
    from ceilings
    inner join {{ ref('leakage_billed_line') }} as billed
        on ceilings.contract_line_id = billed.contract_line_id
        and billed.known_to is null
        and billed.line_type in ('time', 'adjustment')
    group by ceilings.cap_key
    having sum(billed.amount) >= min(ceilings.not_to_exceed) - 0.01

),

without_room as (

    select ceilings.contract_line_id
    from ceilings
    inner join reached on ceilings.cap_key = reached.cap_key

),

items as (

    select
        evidence.leakage_class as finding_class,
        evidence.left_entity as object_type,
        substring(evidence.evidence_id, length(evidence.leakage_class) + 2) as object_id,
        evidence.contract_id,
        evidence.legal_entity_id,
        evidence.currency,
        evidence.expected_amount,
        evidence.billed_amount as found_amount,
        evidence.matures_on as wrong_since
    from {{ ref('leakage_evidence') }} as evidence
    left join without_room on evidence.contract_line_id = without_room.contract_line_id
    where evidence.known_to is null and evidence.leakage_class <> 'nte_overrun_absorbed'
        and (evidence.leakage_class <> 'unbilled_time' or without_room.contract_line_id is null)

)

{{ differences('items') }}
