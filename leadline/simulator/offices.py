"""Front offices: a firm that bought another keeps that one's CRM, with its clients and their deals in it."""

from __future__ import annotations

import numpy as np

from leadline.simulator.clients import Clients
from leadline.simulator.deal import Deal
from leadline.simulator.presets import Preset
from leadline.simulator.streams import Streams
from leadline.simulator.versions import VersionLog

SECOND = "studio"
# What the second front office records, and the column that says whose it is.
RECORDS = {
    "account": "account_id",
    "contact": "account_id",
    "opportunity": "opportunity_id",
    "opportunity_event": "opportunity_id",
    "opportunity_role_demand": "opportunity_id",
}


def split_front_offices(
    preset: Preset, clients: Clients, deals: list[Deal], log: VersionLog, streams: Streams
) -> list[str]:
    """Move the records of the clients of the second front office to its own CRM; return those clients' CRM keys."""
    share = preset.profile.second_office
    if not share:
        return []
    bought = streams.rng("front offices").random(len(clients.crm_ids)) < share
    accounts = [clients.crm_ids[int(n)] for n in np.flatnonzero(bought)]
    keys = {
        "account_id": set(accounts),
        "opportunity_id": {deal.id for deal in deals if bought[deal.client]}
        | {f"006LD9{deal.id[6:]}" for deal in deals if bought[deal.client]},
    }
    for entity, column in RECORDS.items():
        log.move(entity, "crm", SECOND, column=column, keys=keys[column])
    return accounts
