with

landed as (

    select * from {{ landing('contract_line') }}

),

named as (

    select
        -- identifiers
        contract_line_id,
        contract_id,
        project_id,

        -- attributes
        billing_method,
        description,
        currency,

        -- numbers
        amount,
        recurring_amount,
        not_to_exceed,

        -- dates
        start_date,
        end_date,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named
