{#
  Catches: one leak twice at one moment, an interval that ends before it starts, a leak without money or before it is due.
  Usual cause: a join that multiplies versions. A row returned is an evidence row; the number says how often its key holds.
#}
{% test evidence_is_sound(model) %}
    select *
    from (
        select
            evidence_id,
            known_at,
            known_to,
            amount,
            matures_on,
            lead(known_at) over (partition by evidence_id order by known_at, known_to) as next_known_at
        from {{ model }}
    ) as ordered
    where evidence_id is null
        or amount is null
        or amount <= 0
        or known_at is null
        or known_at < cast(matures_on as timestamp)
        or known_to <= known_at
        or next_known_at < coalesce(known_to, cast('9999-12-31' as timestamp))
{% endtest %}
