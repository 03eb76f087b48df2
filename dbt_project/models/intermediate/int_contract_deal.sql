-- A contract that is not signed yet, or that was cancelled, books nothing.
select
    contract.contract_id,
    contract.legal_entity_id,
    contract.currency,
    coalesce(contract.total_value, 0) as total_value,
    coalesce(contract.signed_on, contract.start_date, cast(contract.first_known_at as date)) as signed_on,
    booked_golden.client_id,
    deal.opportunity_id,
    sold_golden.client_id as sold_client_id,
    deal.legal_entity_id as sold_entity_id,
    deal.currency as sold_currency,
    deal.amount as sold_amount,
    coalesce(deal.close_date, cast(deal.known_at as date)) as sold_on

from {{ current_rows('contract') }} as contract
left join {{ current_rows('opportunity') }} as deal
    on contract.opportunity_id = deal.opportunity_id
    and deal.is_won
left join {{ ref('int_account_client') }} as booked_golden on contract.account_id = booked_golden.account_id
left join {{ ref('int_account_client') }} as sold_golden on deal.account_id = sold_golden.account_id
where contract.status in ('active', 'closed')
order by contract.contract_id
