"""Who rates whom in the personal mode: everybody all, or shares of them that leave no partner out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.instruments import Form, form_for
from surveys.rotation import RATED_AT_MOST, partners_to_rate

ROTATED = Form(is_short=True, n_open=2, is_rotated=True)


@pytest.mark.parametrize(("n_partners", "is_rotated"), [(3, False), (11, False), (12, True), (30, True)])
def test_partners_are_shared_out_from_twelve_on(n_partners, is_rotated):
    assert form_for(n_partners).is_rotated is is_rotated


def test_a_lone_informant_rates_all():
    assert partners_to_rate(ROTATED, "abcdefghijklmn", 3, 1) == tuple("abcdefghijklmn")


def test_in_a_small_partnership_everybody_rates_all():
    assert partners_to_rate(Form(), "abcdef", 0, 4) == tuple("abcdef")


@given(n=st.integers(11, 40), people=st.integers(2, 6), begin=st.integers(0, 50))
def test_somebody_rates_each_partner_and_nobody_too_many(n, people, begin):
    others = [f"{at:02}" for at in range(n)]
    rated = [partners_to_rate(ROTATED, others, begin + at, people) for at in range(people)]
    assert set().union(*rated) == set(others)
    for chosen in rated:
        assert list(chosen) == sorted(set(chosen))
        assert len(chosen) <= max(RATED_AT_MOST, -(-n // people))
        assert len(chosen) >= min(RATED_AT_MOST, n)


@given(people=st.integers(2, 6))
def test_turns_move_on(people):
    others = [f"{at:02}" for at in range(20)]
    assert partners_to_rate(ROTATED, others, 0, people) == partners_to_rate(ROTATED, others, people, people)
    assert partners_to_rate(ROTATED, others, 0, people) != partners_to_rate(ROTATED, others, 1, people)
