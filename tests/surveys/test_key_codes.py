"""Codes on paper: forgiving about how they are typed, and exact about where they are mistyped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.key_codes import DAMM, new_code, private_key, read_code
from surveys.problems import CodeMistyped

CODE = new_code()
KHMER = str.maketrans("0123456789", "០១២៣៤៥៦៧៨៩")
places = st.integers(0, 9)


def wrong_groups(typed: str) -> tuple[int, ...]:
    with pytest.raises(CodeMistyped) as raised:
        read_code(typed)
    return raised.value.details["groups"]


def test_it_works():
    assert [len(group) for group in CODE.split()] == [5] * 10
    assert read_code(CODE) == CODE
    assert new_code() != CODE


def test_its_quasigroup_is_totally_anti_symmetric():
    digits = range(10)
    assert all(sorted(row) == list(digits) for row in DAMM)
    assert all(sorted(row[at] for row in DAMM) == list(digits) for at in digits)
    assert all(DAMM[DAMM[c][x]][y] != DAMM[DAMM[c][y]][x] for c in digits for x in digits for y in digits if x != y)


@pytest.mark.parametrize(
    "typed",
    [
        CODE.replace(" ", ""),
        CODE.replace(" ", "-"),
        f"  {CODE.replace(' ', '   ')}\n",
        CODE.translate(KHMER),
        CODE.replace("0", "O").replace("1", "l"),
        CODE.replace(" ", "\u200b "),
        CODE.replace(" ", "\u00a0"),
        "".join(chr(ord(letter) + 0xFEE0) if letter != " " else letter for letter in CODE),
    ],
    ids=range(8),  # a new code every time would give every process other names
)
def test_forgives_how_it_is_typed(typed):
    assert read_code(typed) == CODE


@given(places, st.integers(0, 4), st.integers(1, 9))
def test_a_wrong_digit_is_located(group, at, more):
    groups = CODE.split()
    wrong = str((int(groups[group][at]) + more) % 10)
    groups[group] = groups[group][:at] + wrong + groups[group][at + 1 :]
    assert wrong_groups(" ".join(groups)) == (group + 1,)
    assert wrong_groups("".join(groups)) == (group + 1,)


@given(places, st.integers(0, 3))
def test_swapped_neighbours_are_located(group, at):
    groups = CODE.split()
    mine = groups[group]
    groups[group] = mine[:at] + mine[at + 1] + mine[at] + mine[at + 2 :]
    if groups[group] != mine:
        assert wrong_groups(" ".join(groups)) == (group + 1,)


@given(places, places)
def test_groups_at_wrong_places_are_located(one, other):
    groups = CODE.split()
    groups[one], groups[other] = groups[other], groups[one]
    if one != other:
        assert wrong_groups(" ".join(groups)) == tuple(sorted((one + 1, other + 1)))


def test_a_group_with_a_digit_too_few_is_located():
    groups = CODE.split()
    groups[2] = groups[2][:4]
    assert wrong_groups(" ".join(groups)) == (3,)


@pytest.mark.parametrize("typed", ["", "12345", CODE + " 12345", "my key", "١" * 9_000], ids=range(5))
def test_a_wrong_number_of_digits_is_said(typed):
    assert wrong_groups(typed) == ()


def test_keys_follow_from_the_code_alone():
    assert bytes(private_key(CODE)) == bytes(private_key(CODE.translate(KHMER)))
    assert bytes(private_key(CODE)) != bytes(private_key(new_code()))
