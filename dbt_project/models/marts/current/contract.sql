select
    contract.contract_id,
    contract.name as contract_name,
    client.client_id,
    client.client_name,
    contract.opportunity_id,
    contract.legal_entity_id,
    contract.billing_method,
    contract.currency,
    contract.total_value,
    contract.not_to_exceed,
    contract.escalator_pct,
    contract.escalator_date,
    contract.po_required,
    contract.po_number,
    contract.payment_terms_days,
    contract.start_date,
    contract.end_date,
    contract.signed_on,
    contract.status

from {{ current_rows('contract') }} as contract
left join {{ ref('int_account_golden') }} as client on contract.account_id = client.account_id
