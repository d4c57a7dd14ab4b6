from __future__ import annotations

import numpy as np
import pytest

from analysis.comparability import comparability
from analysis.dif import item_dif
from analysis.estimates import FloatArray, IntArray
from analysis.invariance import measurement_invariance


def answers(n: int, *, shift: float = 0.0, seed: int = 1) -> tuple[FloatArray, IntArray]:
    """Two groups of n on 0-10; the last item of the second is answered higher by shift."""
    rng = np.random.default_rng(seed)
    found = 5 + 1.5 * rng.normal(size=(2 * n, 1)) + rng.normal(size=(2 * n, 5))
    found[n:, -1] += shift
    return np.clip(np.round(found), 0, 10), np.repeat([0, 1], n)


def test_models_where_people_are_enough() -> None:
    scores, group = answers(200)
    found = comparability(scores, group, n_groups=2)
    assert (found.checked_by, found.means_comparable, found.items) == ("invariance", True, ())
    alone = measurement_invariance(scores, group, np.ones((5, 1), dtype=bool), n_groups=2)
    assert found.invariance.steps == alone.steps
    other = comparability(*answers(200, shift=1.5), n_groups=2)
    assert (other.checked_by, other.means_comparable) == ("invariance", False)


def test_items_one_by_one_below_that() -> None:
    scores, group = answers(60, shift=2.5)
    found = comparability(scores, group, n_groups=2)
    assert (found.checked_by, found.means_comparable, found.differing) == ("dif", False, (4,))
    assert found.invariance.reason == "too_few"
    assert [item.total for item in found.items] == [
        item.total for item in item_dif(scores, group, n_groups=2, purify=True)
    ]
    same = comparability(*answers(60), n_groups=2)
    assert (same.checked_by, same.means_comparable, same.differing) == ("dif", True, ())


def test_items_one_by_one_when_models_cannot_be_fitted() -> None:
    scores, group = answers(150)
    scores[:, 1] = 7.0
    found = comparability(scores, group, n_groups=2)
    assert (found.checked_by, found.invariance.reason) == ("dif", "zero_variance")
    assert found.items[1].reason == "zero_variance"
    assert 1 not in found.differing


@pytest.mark.parametrize(
    ("scores", "reason"),
    [(answers(49)[0], "too_few"), (np.full((98, 5), np.nan), "no_data"), (answers(49)[0][:, :1], "too_few")],
)
def test_nothing_below_fifty_a_group(scores: FloatArray, reason: str) -> None:
    found = comparability(scores, np.repeat([0, 1], 49), n_groups=2)
    assert (found.checked_by, found.means_comparable, found.differing, found.reason) == (None, None, (), reason)


def test_mistakes_are_refused() -> None:
    scores, group = answers(60)
    with pytest.raises(ValueError, match="at least one item"):
        comparability(scores[:, :0], group, n_groups=2)
    with pytest.raises(ValueError, match="group code"):
        comparability(scores, group + 1, n_groups=2)
