"""Leakage: from what could have been billed to what was, class by class, with the largest leak at the top."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response

from leadline.app.console import lists
from leadline.app.console.charts import Step, Waterfall
from leadline.app.console.form import clean
from leadline.app.console.reads import leakage
from leadline.app.console.reads.leakage import CLASSES, MEANINGS, SCORE, UNPRICED, Leaks, Sought
from leadline.app.console.translation import N_
from leadline.app.console.view import render
from leadline.app.console.warehouse_context import WarehouseContext, requires_warehouse
from leadline.kernel.errors import UsageError
from leadline.queue import worklist
from leadline.queue.records import QueuedException
from leadline.queue.states import WAITING
from leadline.warehouse.views import Row

router = APIRouter()

MOST_SHOWN = 15
AT_ONCE = 500
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
NOUGHT = Decimal(0)


@dataclass(frozen=True)
class ClassOfLeaks:
    """One class: how much leaks by the data, and what of it waits in the queue; the latter at its last snapshot."""

    name: str
    leaks: int
    amount: Decimal
    waiting: int
    waiting_amount: Decimal
    worklist: str

    @property
    def label(self) -> str:
        """What a page calls it, in English."""
        return called(self.name)


@dataclass(frozen=True)
class Leak:
    """One leak, in the reporting currency, with its exception if the queue holds one."""

    leakage_class: str
    amount: Decimal
    period: str
    project_id: str | None
    project_name: str | None
    client_id: str | None
    client_name: str | None
    exception: QueuedException | None

    @property
    def label(self) -> str:
        """What a page calls its class, in English."""
        return called(self.leakage_class)

    @property
    def meaning(self) -> str:
        """What its class means, in English; empty of one that this version does not know."""
        return MEANINGS.get(self.leakage_class, "")


@dataclass(frozen=True)
class Picture:
    """All that the page shows, of one moment's data and queue: the sum of ``classes`` is what was not billed."""

    billed: Decimal
    classes: list[ClassOfLeaks]
    largest: list[Leak]
    realized: Row | None
    unconverted: list[Row]

    @property
    def leaked(self) -> Decimal:
        """What was not billed."""
        return sum((one.amount for one in self.classes), NOUGHT)

    @property
    def billable(self) -> Decimal:
        """What could have been billed."""
        return self.billed + self.leaked


def called(leakage_class: str) -> str:
    """Return what a page calls a class of leaks, in English."""
    return CLASSES.get(leakage_class, leakage_class.replace("_", " "))


def asked(
    legal_entity_id: Annotated[str, Query(max_length=200)] = "",
    client_id: Annotated[str, Query(max_length=200)] = "",
    project_id: Annotated[str, Query(max_length=200)] = "",
    since: Annotated[str, Query(max_length=7)] = "",
    until: Annotated[str, Query(max_length=7)] = "",
) -> Sought:
    """Read the filters from the address.

    Raises:
        UsageError: a month is none, or the last is before the first.
    """
    for month in (since, until):
        if month and not MONTH.fullmatch(month):
            raise UsageError("Invalid month.", expected="year and month, such as 2026-01", found=month)
    if since and until and until < since:
        raise UsageError("The last month is before the first.", expected=f"{since} or later", found=until)
    return Sought(clean(legal_entity_id), clean(client_id), clean(project_id), since, until)


@router.get("/leakage")
def show(
    request: Request,
    warehouse: Annotated[WarehouseContext, Depends(requires_warehouse("see_warehouse"))],
    sought: Annotated[Sought, Depends(asked)],
    done: Annotated[str, Query(max_length=16)] = "",
) -> Response:
    """Show where money goes, within scope; a leak's month is that of its work, a bill's that of its issue."""
    snapshot = warehouse.snapshot
    found = picture(warehouse, sought)
    kept = {name: value for name, value in asdict(sought).items() if value}
    back = f"/leakage?{urlencode(kept)}" if kept else "/leakage"
    return render(
        request,
        "leakage.html",
        snapshot=snapshot,
        sought=sought,
        picture=found,
        choices=leakage.choices(snapshot),
        leaking=_leaking(found, snapshot.reporting_currency),
        realizing=realizing(found.realized, snapshot.reporting_currency),
        back=urlencode({"back": back}),
        done=lists.done(warehouse.context, done),
        list_address=back,
    )


def picture(warehouse: WarehouseContext, sought: Sought, *, most: int = MOST_SHOWN) -> Picture:
    """Return all that the page shows, with up to ``most`` leaks, the largest first."""
    snapshot = warehouse.snapshot
    found = leakage.leaks(snapshot, sought, limit=most)
    waiting = _waiting(warehouse, sought)
    counted = [one for one in waiting if one.currency == snapshot.reporting_currency]
    return Picture(
        billed=leakage.billed(snapshot, sought) if snapshot.as_of else NOUGHT,
        classes=_classes(found, counted, sought),
        largest=_largest(warehouse, found, counted)[:most],
        realized=leakage.realized(snapshot, sought),
        unconverted=found.unconverted,
    )


def _waiting(warehouse: WarehouseContext, sought: Sought) -> list[QueuedException]:
    """Return the leaks waiting in the queue, within the user's scope and the filters."""
    accounts = leakage.accounts(warehouse.snapshot, sought.client_id) if sought.client_id else ()
    if sought.client_id and not accounts:
        return []
    asked = worklist.Sought(
        scores=(SCORE,),
        states=WAITING,
        legal_entity=sought.legal_entity_id or None,
        projects=(sought.project_id,) if sought.project_id else (),
        accounts=accounts,
    )
    context = warehouse.context
    return [one for one in context.store.worklist.each(context.scope, asked) if _is_within(_period(one), sought)]


def _is_within(month: str, sought: Sought) -> bool:
    return (not sought.since or month >= sought.since) and (not sought.until or month <= sought.until)


def _period(one: QueuedException) -> str:
    """Return the month of a leak; its object is contract line, month and class."""
    return one.object_id.split(":")[-2] if one.object_id.count(":") >= 2 else ""


def _class(one: QueuedException) -> str:
    return one.object_id.rsplit(":", 1)[-1]


def _classes(found: Leaks, waiting: list[QueuedException], sought: Sought) -> list[ClassOfLeaks]:
    by_class = {row["leakage_class"]: (row["leaks"], row["amount"]) for row in found.classes}
    unpriced = [one.money_at_risk for one in waiting if _class(one) == UNPRICED]
    by_class[UNPRICED] = (len(unpriced), sum(unpriced, NOUGHT))
    made = []
    for name in {**CLASSES, **by_class}:
        queued = [one.money_at_risk for one in waiting if _class(one) == name]
        leaks, amount = by_class.get(name, (0, NOUGHT))
        kept = {"legal_entity": sought.legal_entity_id} if sought.legal_entity_id else {}
        address = f"/worklist?{urlencode({'score': SCORE, 'q': f':{name}'} | kept)}"
        if leaks or queued:
            made.append(ClassOfLeaks(name, leaks, amount, len(queued), sum(queued, NOUGHT), address))
    return sorted(made, key=lambda one: (-one.amount, one.name))


def _largest(warehouse: WarehouseContext, found: Leaks, waiting: list[QueuedException]) -> list[Leak]:
    """Return the largest leaks of the data and of the estimates, with the exceptions that explain them."""
    context = warehouse.context
    objects = tuple(row["object_id"] for row in found.largest)
    queued: dict[str, QueuedException] = {}
    for start in range(0, len(objects), AT_ONCE):
        held = worklist.Sought(scores=(SCORE,), objects=objects[start : start + AT_ONCE])
        queued |= {one.object_id: one for one in context.store.worklist.page(context.scope, held, limit=AT_ONCE)}
    columns = ("leakage_class", "amount", "period", "project_id", "project_name", "client_id", "client_name")
    exact = [
        Leak(**{name: row[name] for name in columns}, exception=queued.get(row["object_id"])) for row in found.largest
    ]
    unpriced = [one for one in waiting if _class(one) == UNPRICED]
    names = leakage.names(warehouse.snapshot, [one.project_id for one in unpriced if one.project_id])
    unnamed: dict[str, Any] = {"project_name": None, "client_id": None, "client_name": None}
    guessed = [
        Leak(
            UNPRICED,
            one.money_at_risk,
            _period(one),
            one.project_id,
            **names.get(one.project_id or "", unnamed),
            exception=one,
        )
        for one in unpriced
    ]
    return sorted(exact + guessed, key=lambda one: (-one.amount, one.leakage_class, one.period))


def _leaking(found: Picture, currency: str) -> Waterfall:
    first = Step(N_("Could have been billed"), found.billable, is_total=True)
    leaks = [Step(one.label, -one.amount) for one in found.classes]
    last = Step(N_("Billed"), found.billed, is_total=True)
    return Waterfall((first, *leaks, last), N_("From what could have been billed to what was"), currency)


def realizing(row: Row | None, currency: str) -> Waterfall | None:
    """Return the steps to cash as a waterfall; None in a snapshot that has no such mart."""
    if row is None:
        return None
    (first, _), *to_billed = ((label, sign * row[name] + 0) for name, (label, sign) in leakage.TO_BILLED.items())
    billed = row["worked"] + sum((amount for _, amount in to_billed), NOUGHT)
    to_collected = [(label, sign * row[name] + 0) for name, (label, sign) in leakage.TO_COLLECTED.items()]
    collected = billed + sum((amount for _, amount in to_collected), NOUGHT)
    discount = row[leakage.DISCOUNT]
    listed = [] if discount is None else _listed(row["worked"], discount)
    steps = (
        *listed,
        Step(first, row["worked"], is_total=True),
        *(Step(label, amount) for label, amount in to_billed),
        Step(N_("Billed by the hour"), billed, is_total=True),
        *(Step(label, amount) for label, amount in to_collected),
        Step(N_("Collected"), collected, is_total=True),
    )
    return Waterfall(steps, N_("From the value of work paid by the hour to cash"), currency)


def _listed(worked: Decimal, discount: Decimal) -> list[Step]:
    return [
        Step(N_("Worked, at list prices"), worked + discount, is_total=True),
        Step(N_("Granted by the contract's rates"), -discount + 0),
    ]
