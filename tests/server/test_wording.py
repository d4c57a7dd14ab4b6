"""A sentence claims a direction only when its interval excludes zero; a missing number always says why."""

from __future__ import annotations

import pytest

from server.wording import Wording, signed
from surveys.releases import Cell
from tests.sample_releases import INSTRUMENT, PARTNERS

WORDING = Wording("en", INSTRUMENT, PARTNERS)


def change(value: float, low: float, high: float) -> str:
    return WORDING.change(Cell("change_last", "headline:trust", value=value, low=low, high=high))


def test_fall_is_said_with_its_interval():
    assert change(-13, -19, -8) == "fell by 8 to 19 points"


def test_rise_is_said_with_its_interval():
    assert change(9, 2, 16) == "rose by 2 to 16 points"


@pytest.mark.parametrize(("low", "high"), [(-8, 5), (0, 9), (-9, 0)])
def test_change_touching_zero_claims_nothing(low, high):
    assert change((low + high) / 2, low, high).startswith("cannot be told apart from no change")


def test_change_without_interval_claims_nothing():
    assert WORDING.change(Cell("change_last", "headline:trust", value=-30)) == "no interval: no claim"


def test_missing_change_says_why():
    assert (
        WORDING.change(Cell("change_last", "x", reason="broken_series"))
        == "not comparable: the questionnaire, the languages or the partners changed in between"
    )
    assert WORDING.change(None) == "not computed for this round"


def test_side_gap_names_the_side():
    assert "national partners see this higher, by 3 to 21" in WORDING.gap(
        Cell("gap_sides", "x", value=12, low=3, high=21)
    )
    assert "external partners see this higher, by 2 to 22" in WORDING.gap(
        Cell("gap_sides", "x", value=-12, low=-22, high=-2)
    )
    assert "cannot be told apart" in WORDING.gap(Cell("gap_sides", "x", value=4, low=-3, high=11))


def test_pattern_to_discuss_is_no_claim():
    assert "cannot be told apart" in WORDING.gap(Cell("gap_sides", "x", value=9, low=1, high=17, flags=("pattern",)))


def test_disclosure_reasons_read_alike():
    said = {WORDING.reason(Cell("level", "x", reason=why)) for why in ("insider", "complementary", "differencing")}
    assert said == {"hidden to protect those who answered"}


def test_level_shows_interval_range_or_reason():
    assert WORDING.level(Cell("level", "x", value=61.0, low=52.0, high=70.0)) == "61 (52 to 70)"
    assert WORDING.level(Cell("level", "x", value=61.0)) == "61"
    assert WORDING.level(Cell("level", "x", low=80.0, high=100.0)) == "between 80 and 100"
    assert WORDING.level(Cell("level", "x", reason="too_few")) == "too few answers to show"


def test_targets_have_names():
    assert WORDING.target("headline:trust") == "Trust"
    assert WORDING.target("construct:T") == "Transparency"
    assert WORDING.target("item:R1") == "Partners do what they said they would do."
    assert WORDING.target("pair:o1>o2") == "Ministry of Health → Example Fund"
    assert Wording("km", INSTRUMENT, PARTNERS).target("partner:o1") == "ក្រសួងសុខាភិបាល"


def test_reversed_item_is_asked_the_other_way_round():
    assert "fewer of us" in WORDING.question("item:T5")
    assert "all of us" in WORDING.question("item:T1")


def test_signs_are_real_ones():
    assert [signed(-3), signed(0), signed(4)] == ["−3", "0", "+4"]
