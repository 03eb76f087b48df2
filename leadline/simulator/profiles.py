"""Three business scenarios of professional services, each with the integration model that suits it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from leadline.kernel.errors import UsageError


@dataclass(frozen=True)
class HandOff:
    """Chances that a hand-off goes wrong under an integration model, for an average manager and no amendments.

    ``escalator``: a price rise in the contract that is never applied; ``rate``: an invoice line off the agreed price;
    ``order``: an order number that comes late, of those needed; ``change``: an approved change that never reaches
    billing; ``mapping``: a wrong entity, tax or service mapping on an invoice.

    The others are the same everywhere. ``sound``: no slip of any kind, so that also what otherwise always goes wrong
    now and then does not: accounts without link, lines of a hybrid contract rounded one by one, changes overtaken by
    the end of the work or by each other, retainers lengthened and not billed. ``twin``: a contract booked on the
    customer's duplicate; ``time``, ``late_time``, ``week``, ``expense``: an entry, one handed in late, a person's
    whole week, an expense that never reaches billing; ``month``, ``short``: a recurring fee not billed in a month, a
    contract whose fee is often billed short; ``milestone``, ``late_milestone``: one reached and never billed, or not
    for months (the second holds the first); ``late_change``: a change that reaches billing months after approval.
    """

    escalator: float
    rate: float
    order: float
    change: float
    mapping: float
    sound: bool = False
    twin: float = 0.35
    time: float = 0.009
    late_time: float = 0.05
    week: float = 0.005
    expense: float = 0.05
    month: float = 0.02
    short: float = 0.12
    milestone: float = 0.04
    late_milestone: float = 0.16
    late_change: float = 0.2


SOUND = HandOff(
    escalator=0.0,
    rate=0.0,
    order=0.0,
    change=0.0,
    mapping=0.0,
    sound=True,
    twin=0.0,
    time=0.0,
    late_time=0.0,
    week=0.0,
    expense=0.0,
    month=0.0,
    short=0.0,
    milestone=0.0,
    late_milestone=0.0,
    late_change=0.0,
)


@dataclass(frozen=True)
class Profile:
    """One kind of firm. ``integration`` names the integration profile of the warehouse that suits it.

    ``billing`` is the share of deals by billing method, in the order of ``vocabulary.BILLING_METHODS``; ``weeks`` and
    ``hours`` scale length and planned work of a deal; ``second_office`` is the share of clients that belong to a front
    office bought with its own CRM.
    """

    name: str
    integration: str
    billing: tuple[float, ...]
    weeks: float
    hours: float
    second_office: float
    hand_off: HandOff


# Fixed-fee transformation work sold in a strong CRM; changes get lost on the way to the billing schedule.
CONSULTING = Profile(
    name="consulting",
    integration="crm_led",
    billing=(0.34, 0.16, 0.13, 0.09, 0.10, 0.07, 0.11),
    weeks=1.0,
    hours=1.0,
    second_office=0.0,
    hand_off=HandOff(escalator=0.25, rate=0.037, order=0.25, change=0.09, mapping=0.015),
)
# Managed services with recurring billing, run from the ERP; prices there drift from the contract.
IT_SERVICES = Profile(
    name="it_services",
    integration="erp_centric",
    billing=(0.26, 0.08, 0.06, 0.04, 0.20, 0.28, 0.08),
    weeks=1.15,
    hours=1.1,
    second_office=0.0,
    hand_off=HandOff(escalator=0.32, rate=0.06, order=0.2, change=0.07, mapping=0.015),
)
# Many short engagements of studios that were bought; several front offices feed one ledger through a hub.
AGENCY = Profile(
    name="agency",
    integration="hub_and_spoke",
    billing=(0.30, 0.22, 0.10, 0.04, 0.20, 0.04, 0.10),
    weeks=0.7,
    hours=0.75,
    second_office=0.4,
    hand_off=HandOff(escalator=0.25, rate=0.045, order=0.28, change=0.09, mapping=0.05),
)

PROFILES: Mapping[str, Profile] = MappingProxyType(
    {profile.name: profile for profile in (CONSULTING, IT_SERVICES, AGENCY)}
)


def profile(name: str) -> Profile:
    """Return the profile of a name.

    Raises:
        UsageError: there is none.
    """
    if name not in PROFILES:
        raise UsageError(
            "Unknown profile.",
            where="--profile",
            expected=", ".join(PROFILES),
            found=name,
            next_step=f"leadline simulate --profile {CONSULTING.name}",
        )
    return PROFILES[name]
