"""What-if pictures of the pipeline: each change moves what it should, by how much it should, and nothing else."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from models.pipeline_capacity.outlook import Outlook, outlook
from models.pipeline_capacity.scenario import Hire, Scenario, needs, under
from tests.support.pipeline_capacity_firm import AS_OF, ask, booking, deal, decided, person, pipeline

ALL = [range(26)]


@pytest.fixture(scope="module")
def view() -> Outlook:
    past = [(f"W{number}", number < 3) for number in range(5)]
    settled = [row for key, won in past for row in (deal(key), decided(key, won=won, on=date(2025, 6, 20)))]
    reader = pipeline(
        opportunity=[*settled, deal("D"), deal("E")],
        opportunity_role_demand=[ask("D"), ask("E", fte="1")],
        person=[person(f"P{index}") for index in range(3)],
        assignment=[booking("B", person_id="P0")],
    )
    return outlook(reader, as_of=AS_OF, artefact=None)


def test_nothing_changed_is_nothing_changed(view: Outlook) -> None:
    same = under(view, Scenario())
    assert np.array_equal(same.gap, view.gap)


def test_a_deal_that_falls_away_takes_its_work_and_no_other(view: Outlook) -> None:
    without = under(view, Scenario(removed=frozenset({"D"})))
    only = under(view, Scenario(removed=frozenset({"E"})))
    assert np.allclose(without.pipeline + only.pipeline, view.pipeline)
    assert np.array_equal(without.supply, view.supply)
    assert without.pipeline.sum() > 0


def test_a_deal_that_slips_brings_the_same_work_later(view: Outlook) -> None:
    later = under(view, Scenario(removed=frozenset({"E"}), slipped={"D": 3}))
    before = under(view, Scenario(removed=frozenset({"E"})))
    assert np.array_equal(later.pipeline[:, :, 3:], before.pipeline[:, :, :-3])


def test_a_win_rate_scales_what_is_won_up_to_certainty(view: Outlook) -> None:
    none, half, sure = (under(view, Scenario(win_rate=rate)) for rate in (0.0, 0.5, 1000.0))
    assert none.pipeline.sum() == 0
    assert half.chance == pytest.approx(view.chance / 2)
    assert sure.chance == pytest.approx(np.where(view.chance > 0, 1.0, 0.0))
    assert half.pipeline.sum() < view.pipeline.sum() < sure.pipeline.sum()


def test_hires_are_there_from_their_week_on_in_their_cell_only(view: Outlook) -> None:
    start = date(2025, 8, 4)
    hired = under(view, Scenario(hires=(Hire("Analyst", "North", 2.0, start), Hire("Unknown", "North", 9.0, start))))
    more = (hired.supply - view.supply)[view.cells.index(("Analyst", "North"))]
    assert more.tolist() == pytest.approx([2.0 if week >= start else 0.0 for week in view.weeks])
    assert (hired.supply - view.supply).sum() == pytest.approx(more.sum())


def test_needs_hold_demand_in_order_and_add_up_to_what_they_are_made_of(view: Outlook) -> None:
    (need,) = needs(view, ALL)
    assert (need.role, need.region, need.period) == ("Analyst", "North", 0)
    assert need.demand[0] <= need.demand[1] <= need.demand[2]
    assert need.supply == pytest.approx(view.supply.mean())
    assert need.pipeline == pytest.approx((view.pipeline + view.future_deals).mean())
    assert need.short == max(need.demand[1] - need.supply, 0)
    assert need.bench == max(need.supply - need.demand[0], 0)
    assert min(need.short, need.bench) == 0 or need.demand[0] < need.supply < need.demand[1]


def test_a_period_is_the_mean_over_its_weeks(view: Outlook) -> None:
    two = needs(view, [[0, 1], [2]])
    singles = needs(view, [[0], [1], [2]])
    assert two[0].supply == pytest.approx((singles[0].supply + singles[1].supply) / 2)
    assert two[1].hard == pytest.approx(singles[2].hard)
