with

spans as (

    {{ day_spans(ref('core_opportunity'), 'opportunity_id', [
        'account_id',
        'legal_entity_id',
        'owner_id',
        'stage',
        'is_closed',
        'is_won',
        'probability',
        'expected_close_date',
        'close_date',
        'currency',
        'amount',
    ]) }}

)

select
    opportunity_id,
    from_day,
    to_day,
    account_id,
    legal_entity_id,
    owner_id,
    stage,
    is_closed,
    is_won,
    probability,
    expected_close_date,
    close_date,
    currency,
    amount

from spans
order by opportunity_id, from_day
