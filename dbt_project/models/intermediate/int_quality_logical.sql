-- Logic: what cannot be, row by row, or between rows that belong together.
with

days as (

    select person_id, work_date, sum(hours) as hours
    from {{ current_rows('time_entry') }} as entry
    where status <> 'rejected'
    group by person_id, work_date

),

entries as (

    select entry.*, person.hire_date, employment.hire_date as employed_since, project.actual_end_date
    from {{ current_rows('time_entry') }} as entry
    left join {{ current_rows('person') }} as person on entry.person_id = person.person_id
    left join {{ ref('int_employment') }} as employment
        on entry.person_id = employment.person_id
        and entry.work_date >= employment.hire_date
        and (employment.termination_date is null or entry.work_date <= employment.termination_date)
    left join {{ current_rows('project') }} as project on entry.project_id = project.project_id
    where entry.status <> 'rejected'

),

payments as (

    select payment.paid_on, invoice.issue_date
    from {{ current_rows('payment') }} as payment
    inner join {{ current_rows('invoice') }} as invoice on payment.invoice_id = invoice.invoice_id

),

credits as (

    select credit.issued_on, invoice.issue_date
    from {{ current_rows('credit_note') }} as credit
    inner join {{ current_rows('invoice') }} as invoice on credit.invoice_id = invoice.invoice_id

),

invoices as (

    select invoice.*, differing.object_id as differing_id, fx.rate, fx.valid_from as rate_from
    from {{ current_rows('invoice') }} as invoice
    left join {{ ref('rec_item_invoice') }} as differing
        on invoice.invoice_id = differing.object_id
        and differing.finding_class = 'invoice_total_differs'
    left join {{ ref('int_fx_reporting') }} as fx on {{ fx_holds('fx', 'invoice.currency', 'invoice.issue_date') }}

),

-- Records of one tax number that neither a person nor a rule joined.
customers as (

    select account.account_id, account.tax_id, twins.tax_id as shared_tax_id
    from {{ current_rows('account') }} as account
    left join (
        select twin.tax_id
        from {{ current_rows('account') }} as twin
        inner join {{ ref('int_account_client') }} as client on twin.account_id = client.account_id
        where twin.tax_id is not null
        group by twin.tax_id
        having min(client.client_id) <> max(client.client_id)
    ) as twins on account.tax_id = twins.tax_id

),

changes as (

    select agreed_on, known_at
    from {{ ref('int_change_agreed') }}
    where change_type = 'change_order'

),

counted as (

    {{ quality_counts([
        ('contract_ends_early', 'contract', none,
            'start_date is not null and end_date is not null', 'end_date < start_date'),
        ('project_ends_early', 'project', none,
            'start_date is not null and planned_end_date is not null', 'planned_end_date < start_date'),
        ('booking_ends_early', 'assignment', none,
            'start_date is not null and end_date is not null', 'end_date < start_date'),
        ('leave_ends_early', 'leave', none, 'true', 'end_date < start_date'),
        ('day_over_24_hours', 'time_entry', 'days', 'true', 'hours > 24'),
        ('time_outside_employment', 'time_entry', 'entries', 'hire_date is not null',
            'employed_since is null'),
        ('time_after_closing', 'time_entry', 'entries', 'actual_end_date is not null',
            'work_date > ' ~ days_after('actual_end_date', 31)),
        ('approved_without_moment', 'time_entry', 'entries', "status in ('approved', 'billed')", 'approved_at is null'),
        ('rate_not_positive', 'rate_card', none, 'true', 'rate <= 0'),
        ('cost_rate_not_positive', 'cost_rate', none, 'true', 'rate <= 0'),
        ('invoice_total_differs', 'invoice', 'invoices', "status <> 'cancelled'", 'differing_id is not null'),
        ('due_before_issue', 'invoice', 'invoices', 'due_date is not null and issue_date is not null',
            'due_date < issue_date'),
        ('currency_without_rate', 'invoice', 'invoices', "status in ('issued', 'paid')", 'rate is null'),
        ('currency_rate_stale', 'invoice', 'invoices',
            "status in ('issued', 'paid') and rate_from > cast('0001-01-01' as date)",
            'rate_from < ' ~ days_after('issue_date', -31)),
        ('customer_recorded_twice', 'account', 'customers', 'tax_id is not null', 'shared_tax_id is not null'),
        ('change_told_late', 'change_order', 'changes', 'agreed_on is not null',
            'cast(known_at as date) > ' ~ days_after('agreed_on', 31)),
        ('paid_before_issue', 'payment', 'payments', 'issue_date is not null', 'paid_on < issue_date'),
        ('credit_before_issue', 'credit_note', 'credits', 'issue_date is not null', 'issued_on < issue_date'),
        ('resolved_before_opened', 'dispute', none,
            'resolved_on is not null', 'resolved_on < opened_on'),
        ('reached_without_day', 'milestone', none,
            "status in ('reached', 'accepted')", 'reached_on is null'),
        ('change_approved_before_request', 'change_order', none,
            'approved_on is not null', 'approved_on < requested_on'),
    ]) }}

)

select check_id, entity, examined_rows, failing_rows
from counted
order by check_id, entity
