select
    change.event_id,
    change.change_type,
    change.contract_id,
    change.project_id,
    change.opportunity_id,
    change.client_id,
    change.legal_entity_id,
    change.agreed_on,
    change.approved_by,
    change.approver_role,
    change.is_approver_recorded,
    change.decided_amount_reporting,
    change.limit_reporting,
    {{ money('change.decided_amount_reporting - change.limit_reporting') }} as excess_reporting,
    valuation.reporting_currency as currency,
    greatest({{ dbt.datediff('change.agreed_on', 'valuation.valued_on', 'day') }}, 0) as days_open

from {{ ref('change_event') }} as change
cross join {{ ref('int_valuation') }} as valuation
where not change.is_within_authority
order by change.event_id
