with

rules as (

    select
        opportunity_id,
        count(*) as rules_applying,
        sum(case when is_met then 1 else 0 end) as rules_met

    from {{ ref('gov_handoff_readiness') }}
    group by opportunity_id

)

select
    deal.opportunity_id,
    golden.client_id,
    golden.client_name,
    deal.legal_entity_id,
    deal.owner_id,
    deal.close_date,
    deal.currency,
    deal.amount,
    rules.rules_applying,
    cast(rules.rules_met as bigint) as rules_met,
    {{ ratio('rules.rules_met', 'rules.rules_applying') }} as readiness_ratio,
    case when rules.rules_met = rules.rules_applying then true else false end as is_ready

from rules
inner join {{ current_rows('opportunity') }} as deal on rules.opportunity_id = deal.opportunity_id
left join {{ ref('int_account_golden') }} as golden on deal.account_id = golden.account_id
order by deal.opportunity_id
