-- Each difference of the reconciliations, for whoever owns the data, once its grace is over.
with

items as (

    {%- for part in ['contract', 'value', 'time', 'rate', 'leakage', 'invoice', 'cash', 'revenue'] %}
    select * from {{ ref('rec_item_' ~ part) }}{{ ' union all' if not loop.last }}
    {%- endfor %}

),

opened as (

    select
        items.*,
        rules.reconciliation,
        rules.domain,
        rules.hours_to_mend,
        cast({{ dbt.dateadd('day', 'cast(rules.grace_days as integer)', 'items.wrong_since') }} as date) as opened_on

    from items
    inner join {{ ref('reconciliation_rule') }} as rules on items.finding_class = rules.finding_class

)

select
    opened.finding_class || ':' || opened.object_id as finding_id,
    opened.reconciliation,
    opened.finding_class,
    opened.object_type,
    opened.object_id,
    opened.contract_id,
    opened.legal_entity_id,
    opened.currency,
    opened.expected_amount,
    opened.found_amount,
    {{ money('opened.found_amount - opened.expected_amount') }} as difference,
    opened.domain,
    owners.owner,
    owners.steward_queue,
    opened.opened_on,
    cast({{ dbt.datediff('opened.opened_on', 'valuation.valued_on', 'day') }} as bigint) as age_days,
    opened.hours_to_mend,
    24 * {{ dbt.datediff('opened.opened_on', 'valuation.valued_on', 'day') }} > opened.hours_to_mend as is_overdue

from opened
inner join {{ ref('int_valuation') }} as valuation on opened.opened_on <= valuation.valued_on
left join {{ ref('data_owner') }} as owners on opened.domain = owners.domain
order by finding_id
