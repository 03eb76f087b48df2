"""Ten questions a services firm asks, answered by SQL on the published snapshot. Offline; nothing is written.

LEADLINE_HOME=leadline-home marimo edit examples/notebooks/ten_questions.py
"""

import marimo

__generated_with = "0.25.2"

app = marimo.App(width="medium", app_title="Ten questions")


@app.cell
def _():
    import os
    import pathlib

    import altair as alt
    import marimo as mo
    import polars as pl

    from leadline.warehouse.connection import query
    from leadline.warehouse.snapshot import open_current

    return alt, mo, open_current, os, pathlib, pl, query


@app.cell
def _(alt, mo, open_current, os, pathlib, pl, query):
    snapshot = open_current(pathlib.Path(os.environ.get("LEADLINE_HOME", "leadline-home")) / "warehouse")
    reporting = snapshot.reporting_currency
    charts = {}

    def ask(sql):
        """Run read-only SQL on the snapshot. Amounts come as floats: a plot needs no cents."""
        answer = query(snapshot, sql, limit=50_000)
        return pl.DataFrame(list(answer.rows), schema=list(answer.columns), orient="row", infer_schema_length=None)

    def show(name, question, answer, chart):
        """Show one question with its answer, and keep the chart by name."""
        charts[name] = chart
        return mo.vstack([mo.md(f"## {question}\n{answer}"), chart])

    def plot(rows, height=260):
        return alt.Chart(rows, width=680, height=height)

    mo.md(
        f"""
        # Ten questions
        Snapshot `{snapshot.snapshot_id}`, known until {snapshot.known_until} UTC. Which table answers what is in
        `docs/warehouse.md`; each cell is one statement of SQL and one plot: change either.
        """
    )
    return ask, charts, plot, reporting, show


@app.cell
def _(alt, ask, plot, show):
    _rows = ask(
        """
        select
            practice,
            week_start,
            cast(sum(billable_hours) / nullif(sum(available_hours), 0) as double) as utilization
        from utilization_weekly
        cross join int_valuation
        where week_start > valued_on - 371 and week_start <= valued_on - 7
        group by practice, week_start
        order by practice, week_start
        """
    )
    show(
        "utilization",
        "1. How well are people utilized?",
        "Approved billable hours over available hours, by practice, the last year of full weeks.",
        plot(_rows)
        .mark_line()
        .encode(
            alt.X("week_start:T", title=None),
            alt.Y("utilization:Q", axis=alt.Axis(format="%")),
            alt.Color("practice:N"),
        ),
    )
    return


@app.cell
def _(alt, ask, plot, show):
    _rows = ask(
        """
        with steps as (
            select currency, 1 as place, 'worked at contract price' as step, 0 as low, approved_amount as high
            from rec_time_to_billing
            union all
            select currency, 2, 'not billed yet', marked_billed_amount, approved_amount from rec_time_to_billing
            union all
            select currency, 3, 'discounted or written off', least(invoiced_amount, marked_billed_amount),
                greatest(invoiced_amount, marked_billed_amount)
            from rec_time_to_billing
            union all
            select currency, 4, 'invoiced', 0, invoiced_amount from rec_time_to_billing
        )
        select currency, place, step, cast(sum(low) as double) as low, cast(sum(high) as double) as high
        from steps
        group by currency, place, step
        order by currency, place
        """
    )
    show(
        "realization",
        "2. How much of the value worked is billed?",
        "Time paid by the hour, from the contract's price down to the invoice, by currency.",
        plot(_rows)
        .mark_bar()
        .encode(
            alt.X("low:Q", title="amount"),
            alt.X2("high:Q"),
            alt.Y("step:N", sort=alt.SortField("place"), title=None),
            alt.Color("step:N", legend=None),
        )
        .properties(width=680, height=90)
        .facet(row="currency:N"),
    )
    return


@app.cell
def _(alt, ask, plot, reporting, show):
    _rows = ask(
        """
        select
            evidence.leakage_class,
            evidence.legal_entity_id,
            count(*) as leaks,
            sum(cast(evidence.amount as double) * fx.rate) as amount
        from leakage_evidence as evidence
        cross join int_valuation as now
        inner join int_fx_reporting as fx
            on evidence.currency = fx.currency
            and now.valued_on >= fx.valid_from
            and now.valued_on < fx.valid_to
        where evidence.known_to is null
        group by evidence.leakage_class, evidence.legal_entity_id
        order by evidence.leakage_class, evidence.legal_entity_id
        """
    )
    show(
        "leakage",
        "3. Where does earned money leak?",
        f"Earned and not billed today, by class, in {reporting}.",
        plot(_rows)
        .mark_bar()
        .encode(
            alt.X("amount:Q", title=f"amount, {reporting}"),
            alt.Y("leakage_class:N", sort="-x", title=None),
            alt.Color("legal_entity_id:N"),
            tooltip=["leakage_class", "legal_entity_id", "leaks", alt.Tooltip("amount:Q", format=",.0f")],
        ),
    )
    return


@app.cell
def _(alt, ask, plot, reporting, show):
    _rows = ask(
        """
        select ageing_bucket, is_disputed, cast(sum(open_amount_reporting) as double) as amount
        from invoice_ageing
        group by ageing_bucket, is_disputed
        order by ageing_bucket, is_disputed
        """
    )
    show(
        "ageing",
        "4. How old is what customers owe?",
        f"Open amount by days overdue, in {reporting}; disputed invoices apart.",
        plot(_rows)
        .mark_bar()
        .encode(
            alt.X("ageing_bucket:N", sort=["overpaid", "not due", "1-30", "31-60", "61-90", "over 90"], title=None),
            alt.Y("amount:Q", title=f"open, {reporting}"),
            alt.Color("is_disputed:N", title="disputed"),
        ),
    )
    return


@app.cell
def _(alt, ask, plot, show):
    _rows = ask(
        """
        select
            legal_entity_id || ', ' || currency as entity,
            cast(days_sales_outstanding as double) as days,
            cast(overdue_amount / nullif(open_amount, 0) as double) as overdue_share
        from receivables
        order by legal_entity_id, currency
        """
    )
    show(
        "days_sales_outstanding",
        "5. How long do we wait for our money?",
        "Days sales outstanding by legal entity; the darker, the more of it is past due.",
        plot(_rows, height=140)
        .mark_bar()
        .encode(
            alt.X("days:Q", title="days sales outstanding"),
            alt.Y("entity:N", title=None),
            alt.Color(
                "overdue_share:Q", title="past due", scale=alt.Scale(domain=[0, 1]), legend=alt.Legend(format="%")
            ),
        ),
    )
    return


@app.cell
def _(alt, ask, plot, show):
    _rows = ask(
        """
        select
            checkpoint,
            rule,
            count(*) as deals,
            cast(avg(case when is_met then 1.0 else 0.0 end) as double) as met
        from gov_handoff_readiness
        group by checkpoint, rule
        order by met, rule
        """
    )
    show(
        "handoff_readiness",
        "6. Are won deals ready for delivery and finance?",
        "Share of won deals that meet each hand-off rule that applies to them.",
        plot(_rows, height=320)
        .mark_bar()
        .encode(
            alt.X("met:Q", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1])),
            alt.Y("rule:N", sort="x", title=None),
            alt.Color("checkpoint:N"),
            tooltip=["rule", "deals", alt.Tooltip("met:Q", format=".1%")],
        ),
    )
    return


@app.cell
def _(alt, ask, plot, show):
    _rows = ask(
        """
        with weeks as (
            select
                week_start,
                sum(supply_hours) / 40 as supply,
                sum(hard_booked_hours) / 40 as booked
            from capacity_weekly
            cross join int_valuation
            where week_start > valued_on - 7
            group by week_start
        ),

        demand as (
            select
                deal.expected_start_date + cast(7 * coalesce(need.start_offset_weeks, 0) as integer) as starts_on,
                cast(7 * coalesce(need.duration_weeks, 1) as integer) as days,
                need.fte * deal.seller_probability as fte
            from pipeline_current as deal
            inner join core_opportunity_role_demand as need on deal.opportunity_id = need.opportunity_id
            where need.known_to is null and not need.is_deleted
        ),

        wanted as (
            select weeks.week_start, sum(demand.fte) as pipeline
            from weeks
            inner join demand
                on weeks.week_start >= demand.starts_on
                and weeks.week_start < demand.starts_on + demand.days
            group by weeks.week_start
        ),

        lines as (
            select week_start, 'supply' as what, supply as fte from weeks
            union all
            select week_start, 'booked', booked from weeks
            union all
            select weeks.week_start, 'booked and weighted pipeline', weeks.booked + coalesce(wanted.pipeline, 0)
            from weeks
            left join wanted on weeks.week_start = wanted.week_start
        )

        select week_start, what, cast(fte as double) as fte from lines order by week_start, what
        """
    )
    show(
        "pipeline_capacity",
        "7. Can we deliver what we sell?",
        "Full-time people (40 hours): supply, firm bookings, and the pipeline on top at the sellers' probabilities.",
        plot(_rows)
        .mark_line()
        .encode(alt.X("week_start:T", title=None), alt.Y("fte:Q", title="FTE"), alt.Color("what:N", title=None)),
    )
    return


@app.cell
def _(alt, ask, plot, show):
    _rows = ask(
        """
        select
            project_id,
            practice,
            rag,
            cast(baseline_margin_ratio as double) as baseline_margin,
            cast(forecast_margin_ratio as double) as forecast_margin,
            cast(budget_revenue as double) as budget_revenue
        from project_performance
        where status = 'open' and baseline_margin_ratio is not null and forecast_margin_ratio is not null
        order by project_id
        """
    )
    _below = sum(row["forecast_margin"] < row["baseline_margin"] for row in _rows.iter_rows(named=True))
    show(
        "margin_forecast",
        "8. Which projects will miss their margin?",
        f"{_below} of {_rows.height} open projects are forecast below the approved baseline (under the diagonal).",
        plot(_rows, height=340)
        .mark_circle(opacity=0.7)
        .encode(
            alt.X("baseline_margin:Q", axis=alt.Axis(format="%")),
            alt.Y("forecast_margin:Q", axis=alt.Axis(format="%")),
            alt.Size("budget_revenue:Q"),
            alt.Color("practice:N"),
            tooltip=["project_id", "rag", alt.Tooltip("forecast_margin:Q", format=".1%")],
        ),
    )
    return


@app.cell
def _(alt, ask, plot, show):
    _rows = ask(
        """
        select interface, error_class, unresolved_messages, failed_messages, oldest_age_hours
        from gov_integration_health
        where failed_messages + unresolved_messages > 0
        order by interface, error_class
        """
    )
    show(
        "integration_failures",
        "9. Which interfaces lose transactions?",
        "Failed messages by interface and class of error.",
        plot(_rows)
        .mark_bar()
        .encode(
            alt.X("failed_messages:Q"),
            alt.Y("interface:N", sort="-x", title=None),
            alt.Color("error_class:N"),
            tooltip=["interface", "error_class", "failed_messages", "unresolved_messages", "oldest_age_hours"],
        ),
    )
    return


@app.cell
def _(alt, ask, plot, show):
    _rows = ask(
        """
        select attribute, source_system, winning_system, count(*) as records
        from gov_master_data_disagreement
        group by attribute, source_system, winning_system
        order by attribute, source_system, winning_system
        """
    )
    _sentence = "Where a system states another value than the one that wins." if _rows.height else "They agree."
    show(
        "master_data",
        "10. What do our systems say differently of one client, contract or project?",
        _sentence,
        plot(_rows, height=180)
        .mark_bar()
        .encode(
            alt.X("records:Q"),
            alt.Y("attribute:N", title=None),
            alt.Color("source_system:N", title="system"),
            tooltip=["attribute", "source_system", "winning_system", "records"],
        ),
    )
    return


if __name__ == "__main__":
    app.run()
