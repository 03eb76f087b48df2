-- Structure: what landing refused, references that lead nowhere, and columns that others need filled.
with

refused as (

    select
        entity,
        sum(rows_in_file) as examined_rows,
        sum(rows_quarantined) as failing_rows

    from {{ ref('stg_landing__batch') }}
    {%- if as_of_cut() %}
    where known_until <= cast('{{ as_of_cut() }}' as timestamp)
    {%- endif %}
    group by entity

),

delivered as (

    {%- for entity in input_contract() %}
    select cast('{{ entity }}' as {{ dbt.type_string() }}) as entity, count(*) as examined_rows
    from {{ current_rows(entity) }} as {{ entity }}_rows
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

unknown as (

    select entity, sum(unknown_rows) as failing_rows
    from {{ ref('gov_unknown_reference') }}
    group by entity

),

-- Whether what a row needs beside it is there.
projects as (

    select project.*, budget.project_id as budgeted_id
    from {{ current_rows('project') }} as project
    left join (
        select project_id
        from {{ current_rows('project_budget') }} as approved
        where approved_on is not null
        group by project_id
    ) as budget on project.project_id = budget.project_id

),

people as (

    select person.*, worked.person_id as worked_id, cost.person_id as costed_id
    from {{ current_rows('person') }} as person
    left join (
        select entry.person_id
        from {{ current_rows('time_entry') }} as entry
        inner join {{ ref('int_valuation') }} as valuation
            on entry.work_date > {{ days_after('valuation.valued_on', -91) }}
        group by entry.person_id
    ) as worked on person.person_id = worked.person_id
    left join (
        select person_id
        from {{ current_rows('cost_rate') }} as rate
        group by person_id
    ) as cost on person.person_id = cost.person_id

),

filled as (

    {{ quality_counts([
        ('account_without_tax_number', 'account', none, 'true', 'tax_id is null'),
        ('opportunity_without_amount', 'opportunity', none,
            'true', 'amount is null or currency is null'),
        ('won_deal_without_day', 'opportunity', none,
            'is_closed', 'close_date is null'),
        ('contract_without_entity', 'contract', none,
            "status in ('active', 'closed')", 'legal_entity_id is null'),
        ('contract_without_terms', 'contract', none,
            "status in ('active', 'closed')", 'payment_terms_days is null'),
        ('contract_line_without_project', 'contract_line', none,
            'true', 'project_id is null'),
        ('project_without_manager', 'project', 'projects', "status = 'open'", 'manager_id is null'),
        ('project_without_baseline', 'project', 'projects', "status = 'open' and contract_id is not null",
            'budgeted_id is null'),
        ('time_without_role', 'time_entry', none, 'billable', 'role is null'),
        ('invoice_without_contract', 'invoice', none,
            "status <> 'cancelled'", 'contract_id is null'),
        ('invoice_line_without_line', 'invoice_line', none,
            'true', 'contract_line_id is null'),
        ('issued_without_day', 'invoice', none,
            "status in ('issued', 'paid')", 'issue_date is null'),
        ('person_without_hours', 'person', 'people', 'true', 'weekly_hours is null'),
        ('person_without_cost', 'person', 'people', 'worked_id is not null', 'costed_id is null'),
    ]) }}

)

select cast('row_refused' as {{ dbt.type_string() }}) as check_id, entity, cast(examined_rows as bigint) as examined_rows,
    cast(failing_rows as bigint) as failing_rows
from refused
union all
select 'reference_unknown', delivered.entity, delivered.examined_rows,
    cast(least(coalesce(unknown.failing_rows, 0), delivered.examined_rows) as bigint)
from delivered
left join unknown on delivered.entity = unknown.entity
union all
select check_id, entity, examined_rows, failing_rows
from filled
order by check_id, entity
