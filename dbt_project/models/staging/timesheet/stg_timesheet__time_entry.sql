with

landed as (

    select * from {{ landing('time_entry') }}

),

named as (

    select
        -- identifiers
        time_entry_id,
        person_id,
        project_id,
        task_id,
        contract_line_id,
        approver_id,
        invoice_line_id,

        -- attributes
        role,
        billable,
        description,
        status,

        -- numbers
        hours,

        -- dates
        work_date,
        submitted_at,
        approved_at,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named
