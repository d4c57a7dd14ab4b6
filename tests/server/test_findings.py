"""The agenda of a round of the standard questionnaire, through the interpreter that the opening uses."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import numpy as np
import pytest

from analysis.estimates import FloatArray
from server.findings import findings
from server.measurement import RoundAnswers, remembered
from surveys.instruments import standard_instrument
from surveys.releases import Partner

INSTRUMENT = standard_instrument()
K = len(INSTRUMENT.items)
REVERSED = np.array([item.reverse for item in INSTRUMENT.items])


def partners(n: int) -> tuple[Partner, ...]:
    return tuple(
        Partner(str(UUID(int=at + 1)), f"Partner {at + 1}", "ngo", "national" if at % 2 == 0 else "external")
        for at in range(n)
    )


def asked(rng: np.random.Generator, number: int, own: np.ndarray, shared: FloatArray, person_sd: float) -> RoundAnswers:
    """Answers around 65 points: what an organization shares, then people; every thirteenth cannot judge."""
    points = 65 + shared[own][:, None] + rng.normal(0, person_sd, (own.size, K))
    points = np.where(REVERSED, 100 - points, points)
    answers = np.clip(np.round(points / 10), 0, 10)
    unjudged = rng.random(answers.shape) < 1 / 13
    importance = np.clip(np.round(rng.normal(8.5, 1.8, (own.size, len(INSTRUMENT.constructs)))), 0, 10)
    return RoundAnswers(
        instrument=INSTRUMENT,
        number=number,
        closed_on=date(2025 + number, 3, 1),
        organizations=partners(shared.size),
        invited=np.bincount(own, minlength=shared.size),
        organization=own,
        answers=np.where(unjudged, np.nan, answers),
        cannot_judge=unjudged,
        prefer_not=np.zeros(answers.shape, dtype=bool),
        importance=importance,
    )


def shown(rng: np.random.Generator, n: int, people: int, organization_sd: float, person_sd: float) -> bool:
    """Whether two rounds without change, and sides without gap, put anything on the agenda of the second."""
    own = np.repeat(np.arange(n), rng.integers(1, people + 1, n))
    before = rng.normal(0, organization_sd, n)
    now = 0.7 * before + np.sqrt(1 - 0.49) * rng.normal(0, organization_sd, n)
    earlier = remembered(asked(rng, 1, own, before, person_sd), None)
    return bool(findings(asked(rng, 2, own, now, person_sd), [earlier]))


def share_shown(seed: int, rounds: int, design: tuple[int, int, float, float]) -> float:
    rng = np.random.default_rng(seed)
    return float(np.mean([shown(rng, *design) for _ in range(rounds)]))


# organizations, most people each, SD of organizations, SD of people: the last two make 18 where one person answers
NOISE = [(6, 1, 0.0, 18.0), (8, 1, 12.0, 13.4), (8, 5, 0.0, 18.0), (15, 5, 12.0, 18.0)]


@pytest.mark.parametrize("design", NOISE)
def test_noise_leaves_the_agenda_empty(design: tuple[int, int, float, float]) -> None:
    assert share_shown(20261123, 150, design) <= 0.10


@pytest.mark.slow
@pytest.mark.parametrize("design", [*NOISE, (4, 3, 12.0, 18.0), (30, 5, 12.0, 18.0)])
def test_noise_leaves_the_agenda_empty_long(design: tuple[int, int, float, float]) -> None:
    assert share_shown(3, 2000, design) <= 0.09


def test_a_gap_between_sides_reaches_the_agenda() -> None:
    rng = np.random.default_rng(4)
    given = asked(rng, 1, np.repeat(np.arange(10), 3), np.where(np.arange(10) % 2 == 0, 0.0, -40.0), 18.0)
    found = findings(given, [])
    assert found
    assert any(evidence.kind == "side_gap" and evidence.value > 20 for evidence in found[0].evidence)


def test_a_fall_reaches_the_agenda() -> None:
    rng = np.random.default_rng(5)
    own, level = np.repeat(np.arange(10), 3), rng.normal(0, 8, 10)
    earlier = remembered(asked(rng, 1, own, level + 10, 18.0), None)
    found = findings(asked(rng, 2, own, level - 30, 18.0), [earlier])
    assert any(evidence.kind == "fall" and evidence.value < -20 for one in found for evidence in one.evidence)
