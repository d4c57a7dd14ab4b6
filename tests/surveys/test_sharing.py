"""Shares of a secret: enough of them give it back, whichever they are; fewer say nothing."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys import sharing
from surveys.sharing import PRIME, combine, split

schemes = st.integers(2, 6).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n)))


@given(st.integers(0, PRIME - 1), schemes)
def test_enough_shares_give_it_back(secret, scheme):
    needed, holders = scheme
    shares = split(secret, needed=needed, holders=holders)
    for places in combinations(shares, needed):
        assert combine({place: shares[place] for place in places}) == secret
    assert combine(shares) == secret


@given(st.integers(0, PRIME - 1), st.integers(0, PRIME - 1), st.integers(2, 5))
def test_fewer_shares_fit_every_secret(secret, other, needed):
    """One share missing: for any other secret there is a last share that makes it the right one."""
    shares = split(secret, needed=needed, holders=needed)
    known = {place: shares[place] for place in list(shares)[:-1]}
    # the weight of the last place is what one unit of its share adds to the combined number
    unit = (combine({**known, needed: 1}) - combine({**known, needed: 0})) % PRIME
    fitting = (other - combine({**known, needed: 0})) * pow(unit, -1, PRIME) % PRIME
    assert combine({**known, needed: fitting}) == other


@given(st.integers(0, PRIME - 1), st.integers(1, PRIME - 1))
def test_a_wrong_share_gives_another_secret(secret, error):
    shares = split(secret, needed=2, holders=3)
    assert combine({1: shares[1], 2: (shares[2] + error) % PRIME}) != secret


def test_shares_differ_each_time():
    assert split(5, needed=2, holders=2) != split(5, needed=2, holders=2)
    assert sharing.new_secret() != sharing.new_secret()


@pytest.mark.parametrize(("needed", "holders"), [(0, 2), (3, 2)])
def test_impossible_schemes_are_refused(needed, holders):
    with pytest.raises(ValueError, match="cannot be needed"):
        split(1, needed=needed, holders=holders)


def test_numbers_outside_the_field_are_refused():
    with pytest.raises(ValueError, match="field"):
        split(PRIME, needed=2, holders=2)
    with pytest.raises(ValueError, match="other than zero"):
        combine({0: 1, 1: 2})
