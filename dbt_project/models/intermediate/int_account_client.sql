-- Customers that are one: what a source says (its master), what the matcher merged and a steward matched, without what a
-- steward split; followed to the end, however long the chain. A group takes the id of the system of record where one is known.
with

accounts as (

    select
        account_id,
        master_account_id,
        row_number() over (partition by account_id order by source_system) as preference

    from {{ current_rows('account') }} as account

),

records as (

    select
        account_id,
        master_account_id

    from accounts
    where preference = 1

),

verdicts as (

    select
        left_account_id,
        right_account_id,
        verdict

    from {{ ref('int_account_verdict') }}

),

stated as (

    select
        least(account_id, master_account_id) as left_account_id,
        greatest(account_id, master_account_id) as right_account_id

    from records
    where master_account_id <> account_id

    union

    select
        verdicts.left_account_id,
        verdicts.right_account_id

    from verdicts
    inner join records as one on verdicts.left_account_id = one.account_id
    inner join records as other on verdicts.right_account_id = other.account_id
    where verdicts.verdict in ('merged', 'match')

),

links as (

    select
        stated.left_account_id,
        stated.right_account_id

    from stated
    left join verdicts as split
        on stated.left_account_id = split.left_account_id
        and stated.right_account_id = split.right_account_id
        and split.verdict = 'split'
    where split.left_account_id is null

),

neighbours as (

    select left_account_id as account_id, right_account_id as other_id from links
    union all
    select right_account_id as account_id, left_account_id as other_id from links

),

linked as (

    select account_id, account_id as member_id from records
    union
    select account_id, other_id as member_id from neighbours

),

{{ links_of_links('linked', 'account_id') }}

reached as (

    select linked.account_id, linked.member_id
    from {{ last_links('linked') }} as linked
    inner join records on linked.account_id = records.account_id

),

masters as (

    select master_account_id as account_id
    from records
    where master_account_id is not null
    group by master_account_id

),

ranked as (

    select
        reached.account_id,
        reached.member_id,
        row_number() over (
            partition by reached.account_id
            order by
                case
                    when masters.account_id is not null and member.master_account_id is null then 1
                    when masters.account_id is not null then 2
                    when member.master_account_id is null then 3
                    else 4
                end,
                reached.member_id
        ) as preference

    from reached
    left join records as member on reached.member_id = member.account_id
    left join masters on reached.member_id = masters.account_id

)

select
    account_id,
    member_id as client_id,
    case when account_id = member_id then true else false end as is_golden

from ranked
where preference = 1
order by account_id
