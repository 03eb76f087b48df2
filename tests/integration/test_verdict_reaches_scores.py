"""A steward's verdict, landed and built, reaches what the scores see of both clients: from its moment, not before."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
from polars.testing import assert_frame_equal

from features import invoice_dispute, pipeline_capacity, staffing_match
from leadline.kernel.home import open_home
from leadline.sources.land import land_rows
from leadline.warehouse.build import build
from leadline.warehouse.point_in_time import naive
from leadline.warehouse.snapshot import Snapshot, open_current
from tests.support.demo import LOADED_AT, demo_firm

JUDGED_AT = datetime(2026, 2, 13, 12, tzinfo=UTC)
JUST_BEFORE = JUDGED_AT - timedelta(seconds=1)


def _clients_to_merge(snapshot: Snapshot) -> tuple[str, str]:
    """Return the two clients with open invoices whose rates of disputes differ most."""
    clients = invoice_dispute.features(snapshot, as_of=JUDGED_AT).sort("client_dispute_rate", "client_id")["client_id"]
    low, high = sorted((clients[0], clients[-1]))
    assert low != high
    return low, high


def _merged(shared: Path, folder: Path, pair: tuple[str, str]) -> Snapshot:
    """Return the demo firm's snapshot with the verdict landed that the pair is one."""
    home = open_home(folder / "home", create=True)
    shutil.copytree(demo_firm(shared).home.landing, home.landing, dirs_exist_ok=True)
    verdict = {"left_account_id": pair[0], "right_account_id": pair[1], "judge": "steward", "verdict": "match"}
    known = {"judged_by": "ana", "judged_on": JUDGED_AT.date(), "known_at": naive(JUDGED_AT)}
    rows = pl.DataFrame([verdict | known])
    land_rows("account_match", rows, source_system="mdm", home=home, loaded_at=LOADED_AT, name="decision")
    build(home)
    return open_current(home.warehouse)


def test_a_landed_verdict_changes_the_features_of_both_clients_from_its_moment_on_and_not_before(
    demo_known: Callable[[datetime | None], Snapshot], shared_folder: Path, tmp_path: Path
) -> None:
    apart = demo_known(None)
    pair = _clients_to_merge(apart)
    joined = _merged(shared_folder, tmp_path, pair)

    for score in (invoice_dispute, pipeline_capacity, staffing_match):
        assert_frame_equal(
            score.features(joined, as_of=JUST_BEFORE), score.features(apart, as_of=JUST_BEFORE), check_exact=True
        )
    then, now = (invoice_dispute.features(one, as_of=JUDGED_AT) for one in (apart, joined))
    of_both = pl.col("invoice_id").is_in(then.filter(pl.col("client_id").is_in(pair))["invoice_id"].to_list())
    assert_frame_equal(now.filter(~of_both), then.filter(~of_both), check_exact=True)
    joint = now.filter(of_both)
    assert joint.select("client_id", "client_dispute_rate").unique().height == 1
    rates = then.filter(of_both).select("client_id", "client_dispute_rate").unique()
    assert rates.height == 2
    low, high = sorted(rates["client_dispute_rate"])
    assert low < joint["client_dispute_rate"][0] < high
