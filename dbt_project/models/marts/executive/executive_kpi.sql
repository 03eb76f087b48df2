-- 1/2 A column per measure. 2/2 Each KPI from its numerator and denominator, so that they can be added up over entities and
-- months before they are divided.
with

totals as (

    select
        legal_entity_id,
        month_start,
        {%- for measure in [
            'billed', 'recognised', 'collected', 'credited', 'won', 'changed', 'disputed', 'cost',
            'cost_without_revenue', 'receivable', 'billed_90_days', 'billable_hours', 'available_hours',
        ] %}
        sum(case when measure = '{{ measure }}' then amount end) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}

    from {{ ref('int_month_measure') }}
    group by legal_entity_id, month_start

),

kpis as (

    {#- A month of cost and no revenue counts in the margin of a year; for itself it has none. #}
    {%- set margin = 'case when coalesce(recognised, cost) is not null then coalesce(recognised, 0) - coalesce(cost, 0) end' %}
    {%- for kpi, unit, numerator, denominator in [
        ('billed', 'money', 'billed', none),
        ('recognised', 'money', 'recognised', none),
        ('collected', 'money', 'collected', none),
        ('credited', 'money', 'credited', none),
        ('won', 'money', 'won', none),
        ('agreed_changes', 'money', 'changed', none),
        ('disputed', 'money', 'disputed', none),
        ('contribution_margin', 'money', margin, none),
        ('contribution_margin_ratio', 'ratio', margin, 'coalesce(recognised, 0)'),
        ('cost_without_revenue', 'money', 'cost_without_revenue', none),
        ('billable_utilization', 'ratio', 'coalesce(billable_hours, 0)', 'available_hours'),
        ('open_receivables', 'money', 'receivable', none),
        ('days_sales_outstanding', 'days', 'receivable', 'billed_90_days'),
    ] %}
    select
        legal_entity_id,
        month_start,
        cast('{{ kpi }}' as {{ dbt.type_string() }}) as kpi,
        cast('{{ unit }}' as {{ dbt.type_string() }}) as unit,
        cast({{ numerator }} as decimal(18, 2)) as numerator,
        cast({{ denominator or 'null' }} as decimal(18, 2)) as denominator,
        {{ 'recognised is not null' if kpi == 'contribution_margin' else 'true' }} as is_known
    from totals
    where {{ numerator }} is not null and {{ (denominator ~ ' is not null') if denominator else 'true' }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select
    kpis.legal_entity_id,
    kpis.month_start,
    -- Bills, approvals and revenue of a month come in for some days after it.
    {{ days_after(days_after(dbt.dateadd('month', 1, 'kpis.month_start'), -1), var('month_close_days', 5)) }}
        <= valuation.valued_on as is_closed,
    kpis.kpi,
    kpis.unit,
    case when kpis.unit = 'money' then valuation.reporting_currency end as currency,
    kpis.numerator,
    kpis.denominator,
    case
        when not kpis.is_known then null
        when kpis.unit = 'money' then cast(kpis.numerator as decimal(18, 4))
        when kpis.unit = 'days' then {{ ratio(product('kpis.numerator', '90'), 'kpis.denominator') }}
        else {{ ratio('kpis.numerator', 'kpis.denominator') }}
    end as kpi_value

from kpis
cross join {{ ref('int_valuation') }} as valuation
order by kpis.kpi, kpis.legal_entity_id, kpis.month_start
