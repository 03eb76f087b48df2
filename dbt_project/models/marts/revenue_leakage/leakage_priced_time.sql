with

entry as (

    select
        version.*,
        cast(coalesce(version.approved_at, version.known_at) as date) as approved_on
    from {{ ref('core_time_entry') }} as version
    left join {{ ref('firm_rule') }} as unflagged on unflagged.rule = 'unflagged_time_is_billable'
    where not version.is_deleted and version.hours <> 0 and version.status in ('approved', 'billed')
        and coalesce(version.billable, unflagged.value = 1)

),

-- Time that waits for its bill, time whose bill was voided, and all time that counts against a ceiling.
wanted as (

    select
        'waiting' as purpose, time_entry_id, contract_line_id, person_id, role, work_date, hours,
        {{ billing_is_late_on('greatest(work_date, approved_on)', var('leakage_grace_days', 35)) }} as matures_on,
        known_at, known_to
    from entry
    where status = 'approved' and invoice_line_id is null

    union all

    select
        'waiting' as purpose, entry.time_entry_id, entry.contract_line_id, entry.person_id, entry.role,
        entry.work_date, entry.hours,
        {{ billing_is_late_on('cast(voided.known_at as date)', var('leakage_grace_days', 35)) }} as matures_on,
        greatest(entry.known_at, voided.known_at) as known_at,
        least(entry.known_to, voided.known_to) as known_to
    from entry
    inner join {{ ref('leakage_voided_line') }} as voided
        on entry.invoice_line_id = voided.invoice_line_id
        and {{ hold_together('entry', 'voided') }}

    union all

    select
        'capped' as purpose, time_entry_id, contract_line_id, person_id, role, work_date, hours,
        work_date as matures_on,
        known_at, known_to
    from entry

),

on_line as (

    select
        wanted.purpose, wanted.time_entry_id, wanted.person_id, wanted.role, wanted.work_date, wanted.hours,
        wanted.matures_on,
        line.contract_line_id, line.contract_id, line.project_id, line.account_id, line.legal_entity_id,
        line.currency, line.not_to_exceed, line.cap_key,
        greatest(wanted.known_at, line.known_at) as known_at,
        least(wanted.known_to, line.known_to) as known_to
    from wanted
    inner join {{ ref('leakage_contract_line') }} as line
        on wanted.contract_line_id = line.contract_line_id
        and {{ hold_together('wanted', 'line') }}
    where line.billing_method = 'time_and_materials'
        and (
            (wanted.purpose = 'waiting' and {{ known_until('wanted') }} > cast(wanted.matures_on as timestamp))
            or (wanted.purpose = 'capped' and line.not_to_exceed is not null)
        )

),

-- Every price that applied to the entry at some moment of our knowledge.
offer as (

    select
        on_line.purpose, on_line.time_entry_id, on_line.known_at as span_from,
        {{ price_precedence('price', 'on_line.role', 'price.is_listed') }} as precedence, price.rate_id, price.rate, price.valid_from,
        greatest(on_line.known_at, price.known_at) as known_at,
        least(on_line.known_to, price.known_to) as known_to
    from on_line
    inner join {{ ref('leakage_price') }} as price
        on on_line.contract_id = price.contract_id
        and on_line.currency = price.currency
        and (
            price.person_id = on_line.person_id
            or (price.person_id is null and on_line.role = price.role)
        )
        and price.valid_from <= on_line.work_date
        and (price.valid_to is null or price.valid_to > on_line.work_date)
        and {{ hold_together('on_line', 'price') }}

),

-- The moments at which the best of them could change.
moment as (

    select purpose, time_entry_id, span_from, known_at as moment_at from offer
    union
    select purpose, time_entry_id, span_from, known_to as moment_at from offer where known_to is not null

),

segment as (

    select
        moment.*,
        lead(moment_at) over (partition by purpose, time_entry_id, span_from order by moment_at) as next_at
    from moment

),

ranked as (

    select
        segment.purpose, segment.time_entry_id, segment.span_from, segment.moment_at, segment.next_at,
        offer.rate_id, offer.rate,
        row_number() over (
            partition by segment.purpose, segment.time_entry_id, segment.span_from, segment.moment_at
            order by offer.precedence, offer.valid_from desc, offer.rate_id
        ) as place
    from segment
    inner join offer
        on segment.purpose = offer.purpose
        and segment.time_entry_id = offer.time_entry_id
        and segment.span_from = offer.span_from
        and {{ holds_at('offer', 'segment.moment_at') }}

)

select
    on_line.purpose, on_line.time_entry_id, on_line.work_date, on_line.hours, on_line.matures_on,
    on_line.contract_line_id, on_line.contract_id, on_line.project_id, on_line.account_id, on_line.legal_entity_id,
    on_line.currency, on_line.not_to_exceed, on_line.cap_key,
    ranked.rate_id, ranked.rate,
    {{ money(product('on_line.hours', 'ranked.rate')) }} as value,
    ranked.moment_at as known_at,
    ranked.next_at as known_to

from ranked
inner join on_line
    on ranked.purpose = on_line.purpose
    and ranked.time_entry_id = on_line.time_entry_id
    and ranked.span_from = on_line.known_at
where ranked.place = 1
