"""May scores of two languages, rounds or sides be compared at all: the strongest check their numbers allow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.dif import ItemDif, item_dif
from analysis.estimates import FloatArray, IntArray, Reason
from analysis.invariance import Invariance, measurement_invariance


@dataclass(frozen=True, slots=True)
class Comparability:
    """checked_by: what the numbers allowed, None for nothing. means_comparable: invariance holds up to the intercepts,
    or no item is marked; None when nothing was checked. differing: positions of the items marked by DIF. invariance:
    the models, with their reason when they were not fitted. items: DIF of every item, empty when it was not needed.
    reason: why nothing was checked."""

    checked_by: Literal["invariance", "dif"] | None
    means_comparable: bool | None
    differing: tuple[int, ...]
    invariance: Invariance
    items: tuple[ItemDif, ...]
    reason: Reason | None = None


def comparability(scores: FloatArray, group: IntArray, *, n_groups: int) -> Comparability:
    """One-factor measurement invariance where there are people enough, differential item functioning below that.

    scores: (n, k) items of one construct, reverse-keyed ones already turned, NaN = not answered; respondents with a gap
    are left out. group: (n,), 0 to n_groups - 1. Everything else as `measurement_invariance` and `item_dif`: 100 people
    in each group for the first, 50 for the second; DIF is purified, and also answers when the models do not settle.
    Items DIF could not judge (`zero_variance`, say) are not counted as differing; if it could judge none, its reason.
    Raises ValueError when shapes disagree, n_groups is below 2, or a group code is out of range.
    """
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] == 0:
        raise ValueError("scores must be people by items, with at least one item")
    models = measurement_invariance(table, group, np.ones((table.shape[1], 1), dtype=bool), n_groups=n_groups)
    if models.level is not None and models.models[2].reason is None:
        return Comparability("invariance", models.level in ("scalar", "strict"), (), models, ())
    items = item_dif(table, group, n_groups=n_groups, purify=True)
    if all(item.reason is not None for item in items):
        return Comparability(None, None, (), models, items, items[0].reason)
    differing = tuple(i for i, item in enumerate(items) if item.magnitude in ("moderate", "large"))
    return Comparability("dif", not differing, differing, models, items)
