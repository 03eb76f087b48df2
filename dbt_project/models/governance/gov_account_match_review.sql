-- Pairs of customer records that wait for a steward: undecided proposals, and splits that other links undo.
with

accounts as (

    select
        account.account_id,
        account.name,
        account.source_system,
        golden.client_id,
        row_number() over (partition by account.account_id order by account.source_system) as preference

    from {{ current_rows('account') }} as account
    inner join {{ ref('int_account_client') }} as golden on account.account_id = golden.account_id

),

pairs as (

    select
        verdict.left_account_id,
        verdict.right_account_id,
        case when verdict.verdict = 'split' then 'split_undone' else 'proposal' end as kind,
        one.name as left_name,
        other.name as right_name,
        one.source_system as left_source_system,
        other.source_system as right_source_system,
        one.client_id as left_client_id,
        other.client_id as right_client_id,
        verdict.probability,
        verdict.evidence,
        verdict.judged_by,
        verdict.judged_on

    from {{ ref('int_account_verdict') }} as verdict
    inner join accounts as one on verdict.left_account_id = one.account_id and one.preference = 1
    inner join accounts as other on verdict.right_account_id = other.account_id and other.preference = 1
    where
        (verdict.verdict = 'proposed' and one.client_id <> other.client_id)
        or (verdict.verdict = 'split' and one.client_id = other.client_id)

)

select
    pairs.left_account_id,
    pairs.right_account_id,
    pairs.kind,
    pairs.left_name,
    pairs.right_name,
    pairs.left_source_system,
    pairs.right_source_system,
    pairs.left_client_id,
    pairs.right_client_id,
    pairs.probability,
    pairs.evidence,
    pairs.judged_by,
    pairs.judged_on,
    owners.steward_queue,
    cast({{ dbt.datediff('pairs.judged_on', 'valuation.valued_on', 'day') }} as integer) as age_days

from pairs
cross join {{ ref('int_valuation') }} as valuation
left join {{ ref('data_owner') }} as owners on owners.domain = 'customer_master'
order by pairs.left_account_id, pairs.right_account_id
