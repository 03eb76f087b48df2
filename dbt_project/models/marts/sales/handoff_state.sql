-- How long each won deal waited at each checkpoint. A state begins when the one before it ended; it has not begun
-- while that is open. Days are those on which it happened, not on which it was heard of.
with

signatures as (

    select opportunity_id, min(signed_on) as signed_on
    from {{ ref('int_contract_deal') }}
    where opportunity_id is not null
    group by opportunity_id

),

-- A booking is complete when a project of the deal's contracts has an approved baseline.
baselines as (

    select project_id, min(coalesce(approved_on, cast(first_known_at as date))) as approved_on
    from {{ current_rows('project_budget') }} as budget
    group by project_id

),

bookings as (

    select agreed.opportunity_id, min(baselines.approved_on) as booked_on
    from {{ ref('int_contract_deal') }} as agreed
    inner join {{ current_rows('project') }} as project on agreed.contract_id = project.contract_id
    inner join baselines on project.project_id = baselines.project_id
    where agreed.opportunity_id is not null
    group by agreed.opportunity_id

),

days as (

    select
        deal.opportunity_id,
        deal.legal_entity_id,
        deal.created_on,
        coalesce(deal.close_date, cast(deal.known_at as date)) as won_on,
        signatures.signed_on,
        bookings.booked_on

    from {{ current_rows('opportunity') }} as deal
    left join signatures on deal.opportunity_id = signatures.opportunity_id
    left join bookings on deal.opportunity_id = bookings.opportunity_id
    where deal.is_won

),

states as (

    {%- for state, begins, ends in [
        ('proposal', 'created_on', 'won_on'),
        ('contract_approval', 'won_on', 'signed_on'),
        ('booking', 'signed_on', 'booked_on'),
    ] %}
    select
        opportunity_id,
        legal_entity_id,
        cast('{{ state }}' as {{ dbt.type_string() }}) as checkpoint,
        {{ begins }} as from_on,
        {{ ends }} as to_on
    from days
    where {{ begins }} is not null
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select
    states.opportunity_id,
    states.checkpoint,
    states.legal_entity_id,
    states.from_on,
    states.to_on,
    states.to_on is null as is_open,
    -- What was signed or booked ahead of the step before it waited no day.
    cast(greatest({{ dbt.datediff('states.from_on', 'coalesce(states.to_on, valuation.valued_on)', 'day') }}, 0) as bigint)
        as days_in_state

from states
cross join {{ ref('int_valuation') }} as valuation
order by states.opportunity_id, states.from_on, states.checkpoint
