with

evidence as (

    select * from {{ ref('leakage_approved_change_not_scheduled') }}
    union all
    select * from {{ ref('leakage_unbilled_time') }}
    union all
    select * from {{ ref('leakage_unbilled_expense') }}
    union all
    select * from {{ ref('leakage_milestone_not_invoiced') }}
    union all
    select * from {{ ref('leakage_rate_below_contract') }}
    union all
    select * from {{ ref('leakage_missed_escalator') }}
    union all
    select * from {{ ref('leakage_recurring_misbilled') }}
    union all
    select * from {{ ref('leakage_nte_overrun_absorbed') }}

)

select
    evidence_id,
    leakage_class,
    contract_line_id,
    contract_id,
    project_id,
    account_id,
    legal_entity_id,
    period,
    amount,
    currency,
    expected_amount,
    billed_amount,
    left_entity,
    left_key,
    right_entity,
    right_key,
    matures_on,
    known_at,
    known_to

from evidence
order by evidence_id, known_at
