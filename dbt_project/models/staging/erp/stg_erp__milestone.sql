with

landed as (

    select * from {{ landing('milestone') }}

),

named as (

    select
        -- identifiers
        milestone_id,
        project_id,
        contract_line_id,
        invoice_line_id,

        -- attributes
        name,
        currency,
        status,

        -- numbers
        amount,

        -- dates
        planned_date,
        reached_on,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named
