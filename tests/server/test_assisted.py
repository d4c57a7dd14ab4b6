"""Assisted answers in the release: a band where both they and the others pass the floors, else nothing at all."""

from __future__ import annotations

from datetime import date

import pytest

from server.estimation_quality import response
from server.payloads import answers_of_round
from surveys.instruments import standard_instrument
from surveys.releases import Partner

PARTNERS = [Partner(f"o{n}", f"Organization {n}", "national_ngo", "national") for n in range(4)]
PTI = standard_instrument()


def cell_of(assisted, others, invited=40):
    """The cell of a round in which these many people of each organization were assisted, and these were not."""
    people = []
    for at, (helped, alone) in enumerate(zip(assisted, others, strict=True)):
        person = {"organization": f"o{at}", "answers": {"V1": 7}, "language": "en"}
        people += [{**person, "assisted": True}] * helped + [person] * alone
    heads = {one.id: invited // 4 for one in PARTNERS} if invited else None
    given = answers_of_round(PTI, 1, date(2026, 6, 26), PARTNERS, heads, people)
    return next((one for one in response(given, ()) if one.estimate == "assisted_answers"), None)


@pytest.mark.parametrize(
    ("assisted", "others", "band"),
    [
        ((2, 2, 1, 0), (2, 2, 2, 2), "5-7"),
        ((3, 3, 3, 3), (2, 2, 2, 2), "11-15"),
        ((3, 3, 3, 3), (0, 0, 0, 0), "11-15"),
    ],
)
def test_it_works(assisted, others, band):
    cell = cell_of(assisted, others)
    assert (cell.n_band, cell.value, cell.n, cell.reason) == (band, None, None, None)


@pytest.mark.parametrize(
    ("assisted", "others"),
    [
        ((0, 0, 0, 0), (3, 3, 3, 3)),  # nobody reads like somebody
        ((1, 0, 0, 0), (3, 3, 3, 3)),
        ((2, 1, 1, 0), (3, 3, 3, 3)),
        ((4, 4, 0, 0), (3, 3, 3, 3)),  # of two organizations
        ((5, 1, 1, 0), (3, 3, 3, 3)),  # the largest subtracts its own
        ((3, 3, 3, 3), (1, 0, 0, 0)),  # who was alone could be told
        ((3, 3, 3, 3), (2, 1, 1, 0)),
    ],
)
def test_hidden(assisted, others):
    cell = cell_of(assisted, others)
    assert (cell.n_band, cell.value, cell.n, cell.reason) == (None, None, None, "suppressed")


def test_nothing_is_said_of_answers_collected_elsewhere():
    assert cell_of((0, 0, 0, 0), (3, 3, 3, 3), invited=0) is None
