-- A product is as good as the worst check of what it depends on, and fit for use unless one of them failed outright.
with

results as (

    select
        needs.product,
        needs.product_kind,
        results.grade,
        results.check_id || ' of ' || results.entity || ': '
            || cast(results.failing_rows as {{ dbt.type_string() }}) || ' of '
            || cast(results.examined_rows as {{ dbt.type_string() }}) as reason

    from {{ ref('gov_data_need') }} as needs
    inner join {{ ref('gov_quality_result') }} as results on needs.entity = results.entity

),

graded as (

    select
        product,
        product_kind,
        max(grade) as grade,
        count(*) as checks,
        sum(case when grade = 'A' then 0 else 1 end) as imperfect_checks,
        sum(case when grade = 'F' then 1 else 0 end) as failed_checks

    from results
    group by product, product_kind

),

-- Of those that set the grade: what, where and how many.
reasons as (

    select
        results.product,
        results.product_kind,
        {{ dbt.listagg('results.reason', "'; '", 'order by results.reason') }} as reasons

    from results
    inner join graded
        on results.product = graded.product
        and results.product_kind = graded.product_kind
        and results.grade = graded.grade
    where results.grade <> 'A'
    group by results.product, results.product_kind

)

select
    graded.product,
    graded.product_kind,
    graded.grade,
    graded.failed_checks = 0 as is_fit_for_use,
    graded.checks,
    cast(graded.imperfect_checks as bigint) as imperfect_checks,
    cast(graded.failed_checks as bigint) as failed_checks,
    reasons.reasons

from graded
left join reasons on graded.product = reasons.product and graded.product_kind = reasons.product_kind
order by graded.product_kind, graded.product
