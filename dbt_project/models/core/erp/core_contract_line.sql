with

versions as (

    {{ versions(
        ref('stg_erp__contract_line'),
        key=['source_system', 'contract_line_id'],
        content=[
            'contract_id', 'project_id', 'billing_method', 'description', 'amount', 'recurring_amount',
            'not_to_exceed', 'currency', 'start_date', 'end_date', 'is_deleted'
        ]
    ) }}

)

select
    contract_line_id,
    contract_id,
    project_id,
    billing_method,
    description,
    amount,
    recurring_amount,
    not_to_exceed,
    currency,
    start_date,
    end_date,
    source_system,
    batch_id,
    source_line,
    known_at,
    is_deleted,
    known_to,
    first_known_at,
    cast(start_date as timestamp) as event_at,
    start_date as valid_from,
    end_date as valid_to

from versions
order by contract_line_id, source_system, known_at, batch_id, source_line
