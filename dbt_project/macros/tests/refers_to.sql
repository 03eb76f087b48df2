{#
  Catches: a mart row about a record the warehouse does not have. Usual cause: a wrong join. Not for customers' own
  references, which may be dirty: those are counted in gov_unknown_reference. A row returned is an unknown value.
#}
{% test refers_to(model, column, to, field) %}
    select
        referring.{{ column }} as unknown_value,
        count(*) as referring_rows
    from {{ model }} as referring
    left join (
        select {{ field }} from {{ to }} group by {{ field }}
    ) as known_key on referring.{{ column }} = known_key.{{ field }}
    where referring.{{ column }} is not null and known_key.{{ field }} is null
    group by referring.{{ column }}
{% endtest %}
