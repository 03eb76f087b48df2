with

line as (

    select * from {{ ref('core_contract_line') }} where not is_deleted

),

-- A draft is not binding and a cancelled contract earns nothing: neither can leak.
agreement as (

    select *
    from {{ ref('core_contract') }}
    where not is_deleted and status in ('active', 'closed')

)

select
    line.contract_line_id,
    line.contract_id,
    line.project_id,
    agreement.account_id,
    agreement.legal_entity_id,
    line.billing_method,
    line.currency,
    line.recurring_amount,
    coalesce(line.not_to_exceed, agreement.not_to_exceed) as not_to_exceed,
    case when line.not_to_exceed is null then line.contract_id else line.contract_line_id end as cap_key,
    agreement.escalator_pct,
    agreement.escalator_date,
    coalesce(line.start_date, agreement.start_date) as start_date,
    coalesce(line.end_date, agreement.end_date) as end_date,
    greatest(line.known_at, agreement.known_at) as known_at,
    least(line.known_to, agreement.known_to) as known_to

from line
inner join agreement
    on line.contract_id = agreement.contract_id
    and {{ hold_together('line', 'agreement') }}
