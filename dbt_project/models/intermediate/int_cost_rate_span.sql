-- What an hour of a person costs, span by span: of two rates for one day the one that began later, then the smaller id.
with

rates as (

    select person_id, cost_rate_id, rate, currency, valid_from, valid_to
    from {{ current_rows('cost_rate') }} as cost
    where person_id is not null

)

select
    person_id,
    valid_from,
    valid_to,
    cost_rate_id,
    rate,
    currency

from ({{ spans_of(
    'rates', ['person_id'], ['cost_rate_id', 'rate', 'currency'], 'offer.valid_from desc, offer.cost_rate_id'
) }}) as span
order by person_id, valid_from
