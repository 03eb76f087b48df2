-- Work paid by the hour is realized alike month by month and step by step; one row per project and currency that differs.
select
    coalesce(months.project_id, steps.project_id) as project_id,
    coalesce(months.currency, steps.currency) as currency,
    months.standard_amount,
    steps.list_amount,
    months.realized_amount as realized_by_month,
    steps.realized_amount as realized_by_step

from (
    select
        project_id,
        currency,
        sum(standard_amount) as standard_amount,
        sum(realized_amount) as realized_amount
    from {{ ref('realization') }}
    where billing_method in ('time_and_materials', 'hybrid')
    group by project_id, currency
) as months
full outer join {{ ref('realization_waterfall') }} as steps
    on months.project_id = steps.project_id
    and months.currency is not distinct from steps.currency
where coalesce(months.standard_amount, 0) <> coalesce(steps.list_amount, 0)
    or coalesce(months.realized_amount, 0) <> coalesce(steps.realized_amount, 0)
