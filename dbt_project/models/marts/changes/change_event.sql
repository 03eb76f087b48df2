-- 1/3 Bring agreed and revised changes into one shape. 2/3 Say who decided: the person recorded, else the one who answers
-- for such changes. 3/3 Compare the money with that role's limit, both in the reporting currency of the day agreed.
with

revised as (

    select
        revision.change_type,
        revision.object_type,
        revision.object_id,
        revision.change_type || ':' || revision.object_type || ':' || revision.object_id || ':'
            || cast(revision.known_at as {{ dbt.type_string() }}) as event_id,
        coalesce(revision.contract_id, project.contract_id) as contract_id,
        revision.project_id,
        coalesce(contract.opportunity_id, project.opportunity_id) as opportunity_id,
        coalesce(contract.account_id, project.account_id) as account_id,
        coalesce(contract.legal_entity_id, project.legal_entity_id) as legal_entity_id,
        cast(revision.known_at as date) as agreed_on,
        cast(revision.known_at as date) as effective_on,
        revision.known_at,
        revision.currency,
        revision.value_change,
        revision.cost_change,
        revision.rescheduled_amount,
        revision.planned_on_before,
        revision.planned_on,
        cast(null as {{ dbt.type_string() }}) as recorded_approver_id

    from {{ ref('int_change_revised') }} as revision
    left join {{ current_rows('project') }} as project on revision.project_id = project.project_id
    left join {{ current_rows('contract') }} as contract
        on coalesce(revision.contract_id, project.contract_id) = contract.contract_id

),

changes as (

    select * from revised

    union all

    select
        change_type,
        change_type as object_type,
        change_id as object_id,
        change_type || ':' || change_id as event_id,
        contract_id, project_id, opportunity_id, account_id, legal_entity_id,
        agreed_on, effective_on, known_at, currency, value_change, cost_change,
        cast(null as decimal(18, 2)) as rescheduled_amount,
        cast(null as date) as planned_on_before,
        new_end_date as planned_on,
        recorded_approver_id

    from {{ ref('int_change_agreed') }}

),

decided as (

    select
        changes.*,
        coalesce(changes.recorded_approver_id, case
            when changes.change_type = 'change_order' then project.manager_id
            when changes.change_type = 'contract_amendment' then deal.owner_id
        end) as approved_by,
        case
            when changes.change_type = 'change_order' then 'project_manager'
            when changes.change_type = 'contract_amendment' then 'account_manager'
            when changes.recorded_approver_id = deal.owner_id then 'account_manager'
            else replace(lower(person.role), ' ', '_')
        end as approver_role,
        case
            when changes.change_type = 'discount_approval' then 'discount'
            when changes.change_type in ('change_order', 'contract_amendment') then changes.change_type
        end as decision,
        greatest(abs(coalesce(changes.value_change, 0)), abs(coalesce(changes.cost_change, 0))) as decided_amount

    from changes
    left join {{ current_rows('project') }} as project on changes.project_id = project.project_id
    left join {{ current_rows('opportunity') }} as deal on changes.opportunity_id = deal.opportunity_id
    left join {{ current_rows('person') }} as person on changes.recorded_approver_id = person.person_id

),

-- A role that the table of authority names, but not for this kind of decision, may decide nothing of it.
roles as (

    select role from {{ ref('gov_approval_authority') }} group by role

),

weighed as (

    select
        decided.*,
        {{ money(product('decided.decided_amount', 'fx.rate')) }} as decided_amount_reporting,
        case when decided.decision is not null and roles.role is not null then coalesce(authority.max_amount, 0) end
            as authority_limit,
        authority.currency as authority_currency,
        case
            when decided.decision is null or roles.role is null then null
            when authority.role is null then cast(0 as decimal(18, 2))
            else {{ money(product('authority.max_amount', 'limit_fx.rate')) }}
        end as limit_reporting

    from decided
    left join roles on decided.approver_role = roles.role
    left join {{ ref('gov_approval_authority') }} as authority
        on decided.approver_role = authority.role and decided.decision = authority.decision
    left join {{ ref('int_fx_reporting') }} as fx on {{ fx_holds('fx', 'decided.currency', 'decided.agreed_on') }}
    left join {{ ref('int_fx_reporting') }} as limit_fx
        on {{ fx_holds('limit_fx', 'authority.currency', 'decided.agreed_on') }}

)

select
    weighed.event_id, weighed.change_type, weighed.object_type, weighed.object_id,
    weighed.contract_id, weighed.project_id, weighed.opportunity_id,
    golden.client_id, weighed.legal_entity_id,
    weighed.agreed_on, weighed.effective_on, weighed.known_at,
    greatest({{ dbt.datediff('weighed.effective_on', 'weighed.known_at', 'day') }}, 0) as late_capture_days,
    weighed.currency, weighed.value_change, weighed.cost_change, weighed.rescheduled_amount,
    weighed.planned_on_before, weighed.planned_on,
    {{ dbt.datediff('weighed.planned_on_before', 'weighed.planned_on', 'day') }} as days_moved,
    weighed.approved_by, cast(weighed.approver_role as {{ dbt.type_string() }}) as approver_role,
    case when weighed.recorded_approver_id is null then false else true end as is_approver_recorded,
    weighed.authority_limit, weighed.authority_currency,
    weighed.decided_amount_reporting, weighed.limit_reporting,
    weighed.decided_amount_reporting <= weighed.limit_reporting as is_within_authority

from weighed
left join {{ ref('int_account_client') }} as golden on weighed.account_id = golden.account_id
order by weighed.event_id
