"""What a release says of the series it continues: markers between two rounds, and which of them break it."""

from __future__ import annotations

from datetime import date

import pytest

from server.measurement import EarlierRound, remembered
from server.payloads import answers_of_round
from server.series import markers
from surveys.releases import Partner
from tests.sample_releases import INSTRUMENT

THEN, NOW = date(2025, 6, 30), date(2025, 12, 31)


def partners(names: str) -> list[Partner]:
    return [Partner(name, name, "national_ngo", "national") for name in names]


def answered(names: str, closed_on: date, languages: str = "km"):
    """One person of each organization, in one of the languages in turn."""
    spoken = languages.split()
    payloads = [
        {"organization": name, "language": spoken[at % len(spoken)], "answers": {"T1": 5}}
        for at, name in enumerate(names)
    ]
    return answers_of_round(INSTRUMENT, 2, closed_on, partners(names), None, payloads)


def before(names: str, languages: str = "km") -> EarlierRound:
    return remembered(answered(names, THEN, languages), None)


def said(now: str, then: str, languages: tuple[str, str] = ("km", "km"), agreed: tuple[date, ...] = ()):
    found = markers(answered(now, NOW, languages[1]), [before(then, languages[0])], agreed)
    return [(one.kind, one.is_break) for one in found]


def test_nothing_happened():
    assert said("abcde", "abcde") == []


@pytest.mark.parametrize(
    ("now", "is_break"), [("abcdef", False), ("abcde", False), ("abcdfg", True)], ids=["joined", "left", "exchanged"]
)
def test_members_break_a_series_only_when_few_stay(now, is_break):
    then = "abcdef" if now == "abcde" else "abcde"
    assert said(now, then) == [("membership", is_break)]


def test_four_of_five_is_still_the_same_group():
    assert said("abcd", "abcde") == [("membership", False)]


def test_other_languages_break_a_series():
    assert said("abcdef", "abcdef", ("km", "km en")) == [("language_shares", True)]


def test_agreements_stand_between_their_rounds():
    assert said("abc", "abc", agreed=(date(2025, 9, 1), date(2025, 1, 1))) == [("agreement", False)]


def test_a_first_round_has_no_break():
    assert list(markers(answered("abc", NOW), [])) == []
