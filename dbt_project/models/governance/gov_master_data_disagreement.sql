-- Every claim that the golden record overrules with another value: an exception for the owner of the data, open since both
-- values were known. It is due after the hours that exceptions of governance may wait.
with

sla as (

    select min(hours_to_due) as hours_to_due
    from {{ ref('exception_sla') }}
    where score = 'governance'

),

overruled as (

    select
        golden.object_type,
        golden.object_id,
        golden.domain,
        golden.attribute,
        claim.source_system,
        claim.record_id,
        claim.stated_value,
        golden.winning_system,
        golden.winning_record_id,
        golden.winning_value,
        golden.decided_by,
        greatest(claim.known_at, golden.winning_known_at) as since

    from {{ ref('golden_attribute') }} as golden
    inner join {{ ref('int_attribute_claim') }} as claim
        on golden.object_type = claim.object_type
        and golden.object_id = claim.object_id
        and golden.attribute = claim.attribute
    where golden.has_disagreement and not {{ says_the_same('claim.stated_value', 'golden.winning_value') }}

)

select
    overruled.object_type,
    overruled.object_id,
    overruled.domain,
    overruled.attribute,
    overruled.source_system,
    overruled.record_id,
    overruled.stated_value,
    overruled.winning_system,
    overruled.winning_record_id,
    overruled.winning_value,
    overruled.decided_by,
    owners.owner,
    owners.steward_queue,
    overruled.since,
    cast({{ dbt.dateadd('hour', 'sla.hours_to_due', 'overruled.since') }} as timestamp) as due_at,
    case
        when {{ dbt.dateadd('hour', 'sla.hours_to_due', 'overruled.since') }} < moment.valued_at then true else false
    end as is_overdue

from overruled
cross join {{ ref('int_moment') }} as moment
cross join sla
left join {{ ref('data_owner') }} as owners on overruled.domain = owners.domain
order by overruled.object_type, overruled.object_id, overruled.attribute, overruled.source_system, overruled.record_id
