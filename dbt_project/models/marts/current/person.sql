select
    person.person_id,
    person.name as person_name,
    person.legal_entity_id,
    person.role,
    person.seniority,
    person.practice,
    person.region,
    person.manager_id,
    person.hire_date,
    person.termination_date,
    person.weekly_hours,
    person.employment_type,
    person.billable_target,
    person.status

from {{ current_rows('person') }} as person
