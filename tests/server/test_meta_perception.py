"""The release says how what partners believe of their being trusted goes with the trust there is, as a group only."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest

from analysis.srm_two import META_PERCEPTION, two_variables
from server.estimation_dyads import dyad_cells
from server.payloads import answers_of_round
from server.releasing import rounded
from server.technical_words import about, is_technical
from server.wording import Wording
from surveys.instruments import standard_instrument
from surveys.releases import Partner

INSTRUMENT = standard_instrument()


def round_of(n: int, seed: int = 3) -> Any:
    """n organizations: some are trusted more, and each believes what is not far from the truth."""
    rng = np.random.default_rng(seed)
    ids = [f"o{at}" for at in range(n)]
    popular, trust = rng.normal(0, 2, n), np.zeros((n, n))
    trust[:] = np.clip(np.round(6 + popular + rng.normal(0, 1, (n, n))), 0, 10)
    belief = np.clip(np.round(trust.T + rng.normal(0, 1, (n, n))), 0, 10)
    part = INSTRUMENT.dyadic
    positions = [
        {
            "organization": ids[i],
            "ratings": {
                ids[j]: {part.overall: int(trust[i, j]), part.meta: int(belief[i, j]), "D1": int(trust[i, j])}
                for j in range(n)
                if j != i
            },
        }
        for i in range(n)
    ]
    partners = [Partner(one, one, "un_agency", "external") for one in ids]
    given = answers_of_round(INSTRUMENT, 1, date(2026, 1, 1), partners, None, [], positions)
    return given, given.dyads.ratings[part.overall], given.dyads.ratings[part.meta]


def cells_of(n: int, level: str = "B"):
    given, *_ = round_of(n)
    return {c.target.removeprefix("component:"): c for c in dyad_cells(given, level) if c.estimate == "srm_meta"}


def test_it_works():
    _, overall, meta = round_of(8)
    expected = two_variables(overall, meta)
    found = cells_of(8)
    assert list(found) == list(META_PERCEPTION)
    for name, link in zip(META_PERCEPTION, expected.links, strict=True):
        value, reason = found[name].value, found[name].reason
        assert (value is None) == (reason is not None)
        if value is not None:
            assert value == pytest.approx(link.share)
    assert found["generalized_meta_accuracy"].value > 0.8  # those who are trusted more know it


@pytest.mark.parametrize("n", [3, 5])
def test_small_groups_have_no_such_number(n):
    assert {(cell.value, cell.reason) for cell in cells_of(n).values()} == {(None, "too_few")}


def test_it_names_no_organization_at_any_level():
    for level in ("A", "B", "C"):
        assert {cell.audience for cell in cells_of(8, level).values()} == {"all"}


def test_it_is_released_as_a_ratio_with_words():
    cell = rounded(cells_of(8)["dyadic_meta_accuracy"])
    assert cell.value == round(cell.value, 2)
    assert is_technical(cell)
    assert about(cell.target, Wording("en", INSTRUMENT)) == "whether partners know who in particular trusts them"
