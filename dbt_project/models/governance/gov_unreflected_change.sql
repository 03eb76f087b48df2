-- Of the one measurement in change_effect, what is not reflected in billing, in a later baseline or in the contract.
select
    effect.change_type as change_kind,
    effect.change_id,
    effect.contract_id,
    effect.project_id,
    effect.legal_entity_id,
    effect.agreed_on,
    effect.currency,
    change.value_change,
    change.cost_change,
    max(case when effect.target = 'billing' then 1 else 0 end) = 1 as is_missing_in_billing,
    max(case when effect.target = 'budget' then 1 else 0 end) = 1 as is_missing_in_budget,
    max(case when effect.target = 'contract' then 1 else 0 end) = 1 as is_missing_in_contract

from {{ ref('change_effect') }} as effect
inner join {{ ref('int_change_agreed') }} as change
    on effect.change_type = change.change_type
    and effect.change_id = change.change_id
where not effect.is_reflected and effect.target in ('billing', 'budget', 'contract')
group by
    effect.change_type, effect.change_id, effect.contract_id, effect.project_id, effect.legal_entity_id,
    effect.agreed_on, effect.currency, change.value_change, change.cost_change
order by change_kind, effect.change_id
