{#
  Spans of days over which one of several offers holds, as relation: of the offers of a key that hold on a day, the first
  by `order_by`. `offers` names a CTE with `keys` (never null), `values`, valid_from and valid_to (null while it holds).
#}
{% macro spans_of(offers, keys, values, order_by) -%}
    select
        {%- for column in keys + values %}
        {{ column }},
        {%- endfor %}
        day as valid_from,
        coalesce(next_day, cast('9999-12-31' as date)) as valid_to

    from (

        select
            segment.*,
            {%- for column in values %}
            offer.{{ column }},
            {%- endfor %}
            row_number() over (
                partition by {% for key in keys %}segment.{{ key }}, {% endfor %}segment.day
                order by {{ order_by }}
            ) as preference

        from (

            select
                turn.*,
                lead(day) over (partition by {{ keys | join(', ') }} order by day) as next_day

            from (
                select {{ keys | join(', ') }}, valid_from as day from {{ offers }}
                union
                select {{ keys | join(', ') }}, valid_to as day from {{ offers }} where valid_to is not null
            ) as turn

        ) as segment
        inner join {{ offers }} as offer on
            {%- for key in keys %}
            segment.{{ key }} = offer.{{ key }} and
            {%- endfor %}
            segment.day >= offer.valid_from
            and (offer.valid_to is null or segment.day < offer.valid_to)

    ) as ranked

    where preference = 1
{%- endmacro %}


{# Place of a rate card in the order of prices: what is agreed under the contract before the firm's list, a person's own price
   before the role's, and among those the price for the role before one for another role. 1 is best. #}
{% macro price_precedence(card, role, is_listed) -%}
    case when {{ is_listed }} then 3 else 0 end
        + case when {{ card }}.person_id is null then 3 when {{ card }}.role = {{ role }} then 1 else 2 end
{%- endmacro %}


{#
  Joins that price the rows of a relation: `own_price`, `own_other_price` and `role_price` are the spans of
  int_price_span that hold for its contract_id, person_id and role on `day`. `price_is` reads the price from them.
#}
{% macro price_joins(rows, day) -%}
    {%- for span, person, role in [
        ('own_price', rows ~ '.person_id', rows ~ '.role'),
        ('own_other_price', rows ~ '.person_id', "''"),
        ('role_price', "''", rows ~ '.role'),
    ] %}
    left join {{ ref('int_price_span') }} as {{ span }}
        on coalesce({{ rows }}.contract_id, '') = coalesce({{ span }}.contract_id, '')
        and {{ person }} = coalesce({{ span }}.person_id, '')
        and {{ role }} = coalesce({{ span }}.role, '')
        and {{ day }} >= {{ span }}.valid_from
        and {{ day }} < {{ span }}.valid_to
    {%- endfor %}
{%- endmacro %}


{# What a time entry costs at a person's rate of int_cost_rate_span: nothing where it was rejected. #}
{% macro cost_of_time(entry, cost) -%}
    case when {{ entry }}.status = 'rejected' then 0 else {{ money(product(entry ~ '.hours', cost ~ '.rate')) }} end
{%- endmacro %}


{# Join of the rate that an entry's person costs on the day worked, as `cost`. #}
{% macro cost_join(entry) -%}
    left join {{ ref('int_cost_rate_span') }} as cost
        on {{ entry }}.person_id = cost.person_id
        and {{ entry }}.work_date >= cost.valid_from
        and {{ entry }}.work_date < cost.valid_to
{%- endmacro %}


{# A column of the price that `price_joins` found: the person's own, else the role's. #}
{% macro price_is(column) -%}
    coalesce(own_price.{{ column }}, own_other_price.{{ column }}, role_price.{{ column }})
{%- endmacro %}
