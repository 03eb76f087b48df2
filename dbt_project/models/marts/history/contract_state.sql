with

spans as (

    {{ day_spans(ref('core_contract'), 'contract_id', [
        'account_id',
        'legal_entity_id',
        'opportunity_id',
        'status',
        'billing_method',
        'currency',
        'total_value',
        'not_to_exceed',
        'start_date',
        'end_date',
        'signed_on',
    ]) }}

)

select
    contract_id,
    from_day,
    to_day,
    account_id,
    legal_entity_id,
    opportunity_id,
    status,
    billing_method,
    currency,
    total_value,
    not_to_exceed,
    start_date,
    end_date,
    signed_on

from spans
order by contract_id, from_day
