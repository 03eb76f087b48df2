"""The firm's people: who they are on paper, and what no one can read off the paper."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadline.simulator import vocabulary as words
from leadline.simulator.days import Bools, Floats, Ints, day
from leadline.simulator.presets import Preset
from leadline.simulator.streams import Streams

NEVER = 10**6
# Share of delivery people who leave in a year, and the shortest stay in days.
ATTRITION, MIN_STAY = 0.158, 200
# How unevenly anomalies are spread over people; size of the group the desk is biased about; tastes behind rapport.
PROPENSITY_SPREAD, MAX_PRONE, GROUP_SHARE, TASTES = 1.2, 12.0, 0.35, 3
COHORT_STRIDE = 1_000


@dataclass(frozen=True)
class People:
    """One entry per person, in arrays. ``skill`` and everything after it is latent.

    ``role`` indexes ``vocabulary.ROLES``; sellers and office staff carry -1. ``skill[p, s]`` is the true level, 0 to 5.
    ``diligence``, ``quality``, ``optimism`` and ``strictness`` (as an approver) are deviations from the mean.
    ``propensity`` multiplies the chance of an anomaly, 1 on average; ``group`` is what the desk is biased about;
    ``charm`` are the tastes that two people share or do not (their product is their rapport).
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    role: Ints
    seniority: Ints
    entity: Ints
    region: Ints
    practice: Ints
    hire: Ints
    leaves: Ints
    weekly_hours: Floats
    contractor: Bools
    manager: Ints
    cost: Floats
    skill: Floats
    diligence: Floats
    quality: Floats
    optimism: Floats
    strictness: Floats
    propensity: Floats
    group: Ints
    charm: Floats

    @property
    def delivers(self) -> Bools:
        return self.role >= 0

    @property
    def sellers(self) -> Ints:
        return np.flatnonzero((self.role == -1) & (self.seniority == 3)).astype(np.int64)

    @property
    def office(self) -> Ints:
        return np.flatnonzero((self.role == -1) & (self.seniority == 2)).astype(np.int64)

    def title(self, index: int) -> str:
        """Return the job title of a person."""
        role = int(self.role[index])
        if role >= 0:
            return words.ROLES[role]
        return words.SELLER_ROLE if self.seniority[index] == 3 else words.OFFICE_ROLE


def make_people(preset: Preset, streams: Streams) -> People:
    """Draw the firm's people; delivery staff first, then sellers, then office staff."""
    rng = streams.rng("people")
    count = preset.people
    sellers, office = max(2, count // 12), max(2, count // 18)
    delivery = count - sellers - office
    role = np.full(count, -1, dtype=np.int64)
    role[:delivery] = _spread(words.ROLE_SHARE, delivery)
    seniority = np.full(count, 2, dtype=np.int64)
    seniority[:delivery] = np.array(words.ROLE_SENIORITY)[role[:delivery]]
    seniority[delivery : delivery + sellers] = 3
    entity = rng.choice(3, size=count, p=words.ENTITY_SHARE)
    entity[delivery:] = np.arange(count - delivery) % 3
    practice = rng.integers(0, len(words.PRACTICES), size=count)
    hire, leaves = _tenure(preset, rng, count, delivery)
    quality = _centred(rng.normal(0, 1, count), delivery, delivery + sellers)
    cost_usd = np.where(role >= 0, np.array(words.ROLE_COST_USD)[role], 70.0)
    fx = np.array(words.BASE_USD)[entity]
    base = streams.cohort * COHORT_STRIDE
    names = [
        f"{words.FIRST_NAMES[int(a)]} {words.LAST_NAMES[int(b)]}"
        for a, b in zip(rng.integers(0, 14, count), rng.integers(0, 12, count), strict=True)
    ]
    return People(
        ids=tuple(f"E{base + index + 1:05d}" for index in range(count)),
        names=tuple(names),
        role=role,
        seniority=seniority,
        entity=entity,
        region=draw_regions(entity, rng),
        practice=practice,
        hire=hire,
        leaves=leaves,
        weekly_hours=np.array(words.ENTITY_WEEKLY_HOURS)[entity] * rng.choice([1.0, 0.8], size=count, p=[0.92, 0.08]),
        contractor=(rng.random(count) < 0.08) & (role >= 0),
        manager=_managers(seniority, hire, leaves, rng),
        cost=cost_usd / fx * np.exp(rng.normal(0, 0.07, count)),
        skill=_true_skills(role, seniority, practice, quality, rng),
        diligence=rng.normal(0, 1, count),
        quality=quality,
        optimism=_centred(rng.normal(0, 1, count), delivery, delivery + sellers),
        strictness=rng.normal(0, 1, count),
        propensity=_propensity(rng, count),
        group=(rng.random(count) < GROUP_SHARE).astype(np.int64),
        charm=rng.normal(0, 1, (count, TASTES)),
    )


def draw_regions(entity: Ints, rng: np.random.Generator) -> Ints:
    """Return one of each legal entity's regions."""
    choices = [np.array(words.ENTITY_REGIONS[int(one)]) for one in entity]
    return np.array([int(rng.choice(regions)) for regions in choices], dtype=np.int64)


def _propensity(rng: np.random.Generator, count: int) -> Floats:
    """Few people make most of the anomalies: a heavy tail, scaled to mean 1."""
    drawn = np.minimum(np.exp(rng.normal(0, PROPENSITY_SPREAD, count)), MAX_PRONE)
    return np.asarray(drawn / drawn.mean())


def _centred(values: Floats, first: int, last: int) -> Floats:
    """Shift the few sellers' values to mean 0, so that their luck does not set the firm's."""
    values[first:last] -= values[first:last].mean()
    return values


def _spread(shares: tuple[float, ...], count: int) -> Ints:
    """Deal roles out so that every role occurs, in fixed proportion."""
    edges = np.cumsum(shares) * count
    return np.minimum(np.searchsorted(edges, np.arange(count) + 0.5), len(shares) - 1).astype(np.int64)


def _tenure(preset: Preset, rng: np.random.Generator, count: int, delivery: int) -> tuple[Ints, Ints]:
    start, end = day(preset.start), day(preset.as_of)
    # Everybody who ever worked here is counted: so many are there from the start that leavers are just replaced.
    veteran = rng.random(count) < 1 / (1 + ATTRITION * (end - start) / 365)
    veteran[delivery:] = True
    # Sellers, office staff and the first seniors have been there for long: they own accounts and approve.
    hire = np.where(veteran, start - rng.integers(30, 2500, count), start + rng.integers(20, (end - start) - 60, count))
    stay = rng.exponential(365 / ATTRITION, count).astype(np.int64)
    stay = np.where(veteran, stay, np.maximum(stay, MIN_STAY))
    hire[delivery:] = start - 2_700
    leaves = np.maximum(hire, start) + stay
    leaves[delivery:] = NEVER
    hire[:delivery] = np.where(np.arange(delivery) % 10 == 9, start - 2_700, hire[:delivery])
    leaves[:delivery] = np.where(np.arange(delivery) % 10 == 9, NEVER, leaves[:delivery])
    return hire.astype(np.int64), np.where(leaves > end + 60, NEVER, leaves).astype(np.int64)


def _managers(seniority: Ints, hire: Ints, leaves: Ints, rng: np.random.Generator) -> Ints:
    """Managers are seniors who stay and were there first."""
    seniors = np.flatnonzero((seniority >= 4) & (leaves >= NEVER))
    if not len(seniors):
        seniors = np.flatnonzero(seniority >= 4)
    seniors = seniors[np.argsort(hire[seniors], kind="stable")][: max(1, len(seniors) // 2)]
    picked = rng.choice(seniors, size=len(seniority))
    return np.where(seniority >= 4, seniors[0], picked).astype(np.int64)


def _true_skills(role: Ints, seniority: Ints, practice: Ints, quality: Floats, rng: np.random.Generator) -> Floats:
    groups = [index for index, name in enumerate(words.PRACTICES) for _ in words.SKILLS[name]]
    own = practice[:, None] == np.array(groups)[None, :]
    level = 0.8 + 0.55 * seniority[:, None] + 0.35 * quality[:, None] + rng.normal(0, 0.9, (len(role), len(groups)))
    level = np.where(own, level, level - 2.4)
    level[role < 0] = 0
    return np.clip(level, 0, 5)
