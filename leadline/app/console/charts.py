"""Charts as plain dicts in Vega-Lite's grammar. The browser draws them; the page also shows the same rows as a table.

Series differ by colour and by dashes; colours come from the style sheet, by theme. Labels are English and are
translated when the page is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from leadline.app.console.translation import N_

Translate = Callable[[str], str]

HEIGHT = 220
STEP_HEIGHT = 30
LESS, MORE, TOTAL = N_("Less"), N_("More"), N_("Total")


@dataclass(frozen=True)
class Chart:
    """One chart and its rows, a mapping each.

    Attributes:
        x: the column along the bottom; dates are drawn as time.
        series: column -> label, in the order of the legend.
        title: what the chart shows.
        unit: of the figures, such as ``EUR``; shown on the axis after ``axis``.
        is_ratio: figures are shares and shown in per cent.
        is_ratio_x: the column along the bottom holds shares, too, and each figure is a point.
    """

    x: str
    x_label: str
    series: Mapping[str, str]
    rows: Sequence[Mapping[str, Any]]
    title: str
    axis: str
    unit: str = ""
    is_ratio: bool = False
    note: str = field(default="")
    is_ratio_x: bool = False

    def __bool__(self) -> bool:
        return any(row[column] is not None for row in self.rows for column in self.series)

    def spec(self, translate: Translate = str) -> dict[str, Any]:
        """Return what Vega-Lite draws."""
        values = {"data": {"values": self._values(translate)}, "height": HEIGHT}
        return values | _line(self, translate)

    def label(self, translate: Translate = str) -> str:
        """Return the axis' title with its unit."""
        return f"{translate(self.axis)}, {self.unit}" if self.unit else translate(self.axis)

    def _values(self, translate: Translate) -> list[dict[str, Any]]:
        return [
            {"x": _drawn(row[self.x]), "series": translate(label), "value": _drawn(row[column])}
            for column, label in self.series.items()
            for row in self.rows
            if row[column] is not None
        ]

    def _axes(self, translate: Translate) -> dict[str, Any]:
        is_time = any(isinstance(row[self.x], date) for row in self.rows)
        y_axis: dict[str, Any] = {"title": self.label(translate), "format": ".0%" if self.is_ratio else "~s"}
        kind = "temporal" if is_time else "quantitative" if self.is_ratio_x else "nominal"
        x_axis: dict[str, Any] = {"format": "%Y-%m"} if is_time else {"labelAngle": 0, "labelLimit": 90}
        if self.is_ratio_x:
            x_axis = {"format": ".0%"}
        return {
            "x": {"field": "x", "type": kind, "title": translate(self.x_label), "sort": None, "axis": x_axis},
            "y": {"field": "value", "type": "quantitative", "axis": y_axis},
        }

    def _legend(self, translate: Translate) -> dict[str, Any]:
        order = [translate(label) for label in self.series.values()]
        shown: dict[str, Any] = {"field": "series", "type": "nominal", "title": None, "scale": {"domain": order}}
        return shown if len(order) > 1 else shown | {"legend": None}


@dataclass(frozen=True)
class Step:
    """One bar of a waterfall: a total, or what is added to the level before it (subtracted below zero)."""

    label: str
    amount: Decimal
    is_total: bool = False


@dataclass(frozen=True)
class Waterfall:
    """How one total becomes another, bar below bar; the first step is a total.

    Where the steps are small against the totals, the axis does not start at zero, so that they stay visible.
    """

    steps: Sequence[Step]
    title: str
    unit: str
    note: str = ""

    def __bool__(self) -> bool:
        return any(step.amount for step in self.steps)

    @property
    def start(self) -> Decimal:
        """Return where the axis starts: zero, or a round figure below the lowest level."""
        levels = [end for _, _, end in self._bars()]
        lowest, highest = min(levels), max(levels)
        if lowest <= highest / 2 or lowest == highest:
            return Decimal(0)
        room = lowest - (highest - lowest) / 3
        unit = Decimal(10) ** (room.adjusted() - 1)
        return room // unit * unit

    def spec(self, translate: Translate = str) -> dict[str, Any]:
        """Return what Vega-Lite draws."""
        start = self.start
        values = [
            {
                "step": translate(step.label),
                "from": float(start if step.is_total else begin),
                "to": float(end),
                "kind": translate(_kind(step)),
            }
            for step, begin, end in self._bars()
        ]
        kinds = [translate(kind) for kind in (TOTAL, LESS, MORE)]
        x = {"field": "from", "type": "quantitative", "title": self.unit, "axis": {"format": "~s"}}
        return {
            "data": {"values": values},
            "height": STEP_HEIGHT * len(values) + 40,
            "mark": {"type": "bar"},
            "encoding": {
                "y": {"field": "step", "type": "nominal", "title": None, "sort": None},
                "x": x | {"scale": {"zero": False, "domainMin": float(start), "nice": True}},
                "x2": {"field": "to"},
                "color": {"field": "kind", "type": "nominal", "title": None, "scale": {"domain": kinds}},
            },
        }

    def _bars(self) -> list[tuple[Step, Decimal, Decimal]]:
        """Return each step with the levels that its bar begins and ends at."""
        level, bars = Decimal(0), []
        for step in self.steps:
            begin, level = (Decimal(0), step.amount) if step.is_total else (level, level + step.amount)
            bars.append((step, begin, level))
        return bars


def _kind(step: Step) -> str:
    if step.is_total:
        return TOTAL
    return LESS if step.amount < 0 else MORE


def _line(chart: Chart, translate: Translate) -> dict[str, Any]:
    legend = chart._legend(translate)
    encoding = chart._axes(translate) | {"color": legend, "strokeDash": legend}
    return {"mark": {"type": "line", "strokeWidth": 2, "point": chart.is_ratio_x}, "encoding": encoding}


def _drawn(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value
