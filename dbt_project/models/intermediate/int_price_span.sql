-- 1/3 Who may ask for a price: every contract, and none, for every role that has one, and for people with a price of their
-- own. 2/3 What is offered to each: the contract's rates, and the firm's list. 3/3 The best offer of each span of days.
with

cards as (

    select * from {{ current_rows('rate_card') }} as card

),

-- Empty text stands for: no contract, the role whoever works, any other role.
contracts as (

    select contract_id, max(currency) as currency
    from (
        select contract_id, currency from {{ current_rows('contract') }} as contract
        union all
        select contract_id, null as currency from cards where contract_id is not null
        union all
        select contract_id, null as currency from {{ current_rows('project') }} as project where contract_id is not null
        union all
        select contract_id, null as currency from {{ current_rows('contract_line') }} as line
        union all
        select '' as contract_id, reporting_currency as currency from {{ ref('int_valuation') }}
    ) as named
    group by contract_id

),

roles as (

    select role from cards group by role

),

people as (

    select distinct coalesce(contract_id, '') as contract_id, person_id
    from cards
    where person_id is not null

),

asked as (

    select contracts.contract_id, contracts.currency as asked_currency, '' as person_id, roles.role
    from contracts
    cross join roles

    union

    select contracts.contract_id, contracts.currency, people.person_id, roles.role
    from contracts
    inner join people on people.contract_id in (contracts.contract_id, '')
    cross join (select role from roles union all select '' as role) as roles

),

offered as (

    select asked.*, card.rate_id, card.rate, card.currency, card.valid_from, card.valid_to,
        {{ price_precedence('card', 'asked.role', 'card.contract_id is null') }} as precedence
    from asked
    inner join cards as card on asked.contract_id = card.contract_id and asked.role = card.role
    where card.person_id is null

    union all

    select asked.*, card.rate_id, card.rate, card.currency, card.valid_from, card.valid_to,
        {{ price_precedence('card', 'asked.role', 'card.contract_id is null') }} as precedence
    from asked
    inner join cards as card on asked.role = card.role
    where card.person_id is null and card.contract_id is null

    union all

    select asked.*, card.rate_id, card.rate, card.currency, card.valid_from, card.valid_to,
        {{ price_precedence('card', 'asked.role', 'card.contract_id is null') }} as precedence
    from asked
    inner join cards as card on asked.person_id = card.person_id
    where card.contract_id is null or card.contract_id = asked.contract_id

)

-- Of equal offers the one in the contract's currency, then the latest.
select
    nullif(contract_id, '') as contract_id,
    nullif(person_id, '') as person_id,
    nullif(role, '') as role,
    valid_from,
    valid_to,
    rate_id,
    rate,
    currency

from ({{ spans_of(
    'offered', ['contract_id', 'person_id', 'role'], ['rate_id', 'rate', 'currency'],
    'offer.precedence, case when offer.currency = offer.asked_currency then 0 else 1 end, offer.valid_from desc, offer.rate_id'
) }}) as span
order by 1, 2, 3, valid_from
