with

landed as (

    select * from {{ landing('account') }}

),

named as (

    select
        -- identifiers
        account_id,
        master_account_id,
        parent_account_id,
        owner_id,

        -- attributes
        name,
        industry,
        region,
        country_code,
        tax_id,
        status,

        -- numbers
        payment_terms_days,

        -- dates
        created_on,

        -- delivery
        source_system,
        batch_id,
        source_line,
        known_at,
        is_deleted

    from landed

)

select * from named
