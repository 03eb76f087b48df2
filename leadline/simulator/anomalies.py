"""What goes wrong with time and expenses: kinds, grades of difficulty, who does it, and who notices."""

from __future__ import annotations

import numpy as np

from leadline.simulator.days import DAY_SECONDS, Bools, Floats, Ints
from leadline.simulator.delivery import Course
from leadline.simulator.people import People

TIME_ANOMALIES = (
    "",
    "duplicate_entry",
    "weekend_or_holiday",
    "excessive_hours",
    "time_on_leave",
    "after_project_end",
    "round_number_padding",
    "wrong_role",
)
EXPENSE_ANOMALIES = ("", "duplicate_expense", "over_policy", "missing_receipt", "split_expense", "personal_merchant")
# Share of lines that become each kind, for a person of average propensity.
TIME_SHARE = (0.0, 0.0018, 0.0012, 0.0012, 0.0011, 0.0011, 0.0017, 0.0014)
EXPENSE_SHARE = (0.0, 0.0043, 0.0043, 0.0043, 0.0022, 0.0022)
# Blatant, plausible, nearly indistinguishable.
EASY, MEDIUM, HARD = range(3)
GRADES = ("easy", "medium", "hard")
GRADE_SHARE = (0.15, 0.32, 0.53)
MAX_CHANCE = 0.5
# Log-odds that an approver of average strictness notices a planted line, and what a deviation of strictness adds.
NOTICING, STRICTNESS = 0.4, 0.9
# Lines are taken back this many days after hand-in.
TAKEN_BACK_DAYS = (3, 25)


def draw_kinds(
    shares: tuple[float, ...], propensity: Floats, eligible: Bools, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Return the kind of anomaly of each line (0: none) and its grade; ``propensity`` is that of the line's person."""
    count, total = len(propensity), sum(shares)
    happens = eligible & (rng.random(count) < np.minimum(total * propensity, MAX_CHANCE))
    kinds = rng.choice(len(shares), size=count, p=np.array(shares) / total)
    grades = rng.choice(len(GRADES), size=count, p=GRADE_SHARE)
    return np.where(happens, kinds, 0), np.where(happens, grades, 0)


def by_grade(grade: Ints, values: tuple[float, float, float]) -> Floats:
    """Return for each line the value of its grade: easy, medium, hard."""
    return np.asarray(np.array(values)[grade])


def strictness_of_approvers(project: Ints, person: Ints, people: People, courses: list[Course]) -> Floats:
    """Return the strictness of each line's approver: the project's manager, of internal work the person's own."""
    managers = np.array([course.contract.manager for course in courses] or [0], dtype=np.int64)
    approver = np.where(project >= 0, managers[np.maximum(project, 0)], people.manager[person])
    return np.asarray(people.strictness[approver])


def taken_back(anomaly: Ints, submitted: Ints, strictness: Floats, rng: np.random.Generator) -> Ints:
    """Return the moment at which a reviewer took a planted line back, 0 where no one noticed.

    Strict approvers notice most, lenient ones wave almost everything through.
    """
    chance = 1 / (1 + np.exp(-(NOTICING + STRICTNESS * strictness)))
    noticed = (rng.random(len(anomaly)) < chance) & (anomaly > 0)
    return np.where(noticed, submitted + rng.integers(*TAKEN_BACK_DAYS, len(anomaly)) * DAY_SECONDS, 0)


def approved_before(approved: Ints, back: Ints, rng: np.random.Generator) -> Ints:
    """Half of what is taken back had slipped through approval first, so that waiting long is no sign of guilt."""
    kept = (back == 0) | ((rng.random(len(back)) < 0.5) & (approved < back))
    return np.where(kept, approved, 0)
