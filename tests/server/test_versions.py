"""What stays comparable between two versions of a questionnaire, and where a series breaks because it does not."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from server.comparability import comparable_rounds
from server.measurement import RoundAnswers, remembered
from server.versions import changes, decided
from surveys.instruments import Instrument
from surveys.releases import Partner
from tests.sample_releases import INSTRUMENT

BEFORE = INSTRUMENT
PARTNERS = tuple(Partner(f"o{at}", f"O{at}", "un_agency", "external") for at in range(4))


def changed(**items: dict[str, object]) -> Instrument:
    """The next version of the sample, with these items changed; None leaves one out."""
    kept = [
        one.model_copy(update=items.get(one.code, {})) for one in BEFORE.items if items.get(one.code, {}) is not None
    ]
    return BEFORE.model_copy(update={"code": "own-x", "version": 2, "items": tuple(kept)})


def answers(instrument: Instrument, number: int) -> RoundAnswers:
    n, k = 8, len(instrument.items)
    return RoundAnswers(
        instrument=instrument,
        number=number,
        closed_on=date(2024 + number, 6, 30),
        organizations=PARTNERS,
        invited=np.full(4, 2),
        organization=np.repeat(np.arange(4), 2),
        answers=np.full((n, k), 6.0),
        cannot_judge=np.zeros((n, k), bool),
        prefer_not=np.zeros((n, k), bool),
        importance=np.full((n, len(instrument.constructs)), np.nan),
    )


def goes_on(instrument: Instrument, target: str) -> bool:
    """Whether round 2, asked with this version, continues the series of round 1."""
    return comparable_rounds(answers(instrument, 2), [remembered(answers(BEFORE, 1), None)], target) == {1}


def kinds(instrument: Instrument) -> dict[str, str]:
    return {one.code: one.kind for one in changes(BEFORE, instrument)}


def test_it_works():
    made = changed(T1={"texts": {"en": "Decisions reach me early enough."}}, R1=None)
    assert kinds(made) == {"T1": "reworded", "T5": "same", "R1": "retired"}


@pytest.mark.parametrize(("comparable", "expected"), [(True, True), (False, False)])
def test_new_words_break_a_series_unless_somebody_decides_otherwise(comparable, expected):
    made = decided(BEFORE, changed(T1={"texts": {"en": "Other words."}}), {"T1": comparable, "T5": True, "R1": True})
    assert goes_on(made, "item:T1") is expected
    assert goes_on(made, "construct:T") is expected
    assert goes_on(made, "headline:transparency") is expected
    assert goes_on(made, "construct:R")


def test_the_same_words_may_begin_a_new_series():
    made = decided(BEFORE, changed(), {"T1": False, "T5": True, "R1": True})
    assert not goes_on(made, "item:T1")
    assert goes_on(made, "item:T5")
    assert not goes_on(made, "construct:T")


def test_nothing_changed_and_nothing_decided_otherwise_is_the_same_series():
    made = decided(BEFORE, changed(), {"T1": True, "T5": True, "R1": True})
    assert made.items == BEFORE.items
    assert all(goes_on(made, target) for target in ("item:T1", "construct:T", "construct:R", "composite"))


@pytest.mark.parametrize("update", [{"reverse": True}, {"scale": "other"}])
def test_another_scale_or_direction_can_never_be_compared(update):
    made = changed(T1=update).model_copy(
        update={"scales": {**BEFORE.scales, "other": BEFORE.scales["agreement"].model_copy(update={"high": 7})}}
    )
    assert kinds(made)["T1"] == "rescaled"
    final = decided(BEFORE, made, {"T5": True, "R1": True})
    assert not goes_on(final, "item:T1")
    assert not goes_on(final, "construct:T")


def test_a_topic_that_lost_a_statement_is_another_mean():
    made = decided(BEFORE, changed(T5=None), {"T1": True, "R1": True})
    assert made.retired == {"T5": "T"}
    assert goes_on(made, "item:T1")
    assert not goes_on(made, "construct:T")
    assert goes_on(made, "construct:R")


def test_a_moved_statement_breaks_both_topics():
    made = changed(T5={"construct_code": "R"})
    assert kinds(made)["T5"] == "moved"
    final = decided(BEFORE, made, {"T1": True, "R1": True})
    assert not goes_on(final, "construct:T")
    assert not goes_on(final, "construct:R")
    assert not goes_on(final, "item:T5")


def test_rounds_after_the_break_are_one_series_again():
    made = decided(BEFORE, changed(T1={"texts": {"en": "Other."}}, T5=None), {"T1": False, "R1": True})
    earlier = [remembered(answers(BEFORE, 1), None), remembered(answers(made, 2), None)]
    assert comparable_rounds(answers(made, 3), earlier, "construct:T") == {2}
    assert comparable_rounds(answers(made, 3), earlier, "construct:R") == {1, 2}


def test_a_third_version_keeps_the_decisions_of_the_second():
    second = decided(BEFORE, changed(T1={"texts": {"en": "Other."}}), {"T1": True, "T5": True, "R1": True})
    third = decided(second, second.model_copy(update={"version": 3}), {"T1": True, "T5": True, "R1": True})
    earlier = [remembered(answers(BEFORE, 1), None), remembered(answers(second, 2), None)]
    assert comparable_rounds(answers(third, 3), earlier, "construct:T") == {1, 2}


def test_a_missing_decision_is_an_error():
    with pytest.raises(KeyError):
        decided(BEFORE, changed(T1={"texts": {"en": "Other."}}), {"T5": True, "R1": True})
