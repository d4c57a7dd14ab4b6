"""What organizations say of each other, over all partnerships of a programme: one alone is often too small."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from analysis.dyads import asymmetry, mean_over_raters, trust_received
from analysis.estimates import FloatArray
from analysis.srm_pooled import PooledRoundRobins, pooled_round_robins
from server.candidates import cell_of, number
from surveys.releases import Cell

PROGRAMME = "programme"


def pooled_cells(tables: Sequence[FloatArray]) -> Iterator[Cell]:
    """tables: one matrix of points of 100 per partnership, raters in rows, NaN = not answered.

    The model is estimated over complete round robins; where some have gaps, once more over all that have few enough,
    with `gaps` in the name of the estimate.
    """
    received = [trust_received(table).overall for table in tables]
    mean = mean_over_raters(np.array(received), confidence=0.95, interval_from=4, method="received, partnerships")
    yield cell_of("received", "partnership", PROGRAMME, mean)
    gaps = [abs(pair.difference) for table in tables for pair in asymmetry(table).pairs]
    value = float(np.mean(gaps)) if gaps else None
    reason = None if gaps else "no_overlap"
    yield Cell(
        "asymmetry", "partnership", PROGRAMME, value=value, n=len(gaps), method="mean absolute, pairs", reason=reason
    )
    complete = pooled_round_robins(tables, complete_only=True)
    yield from _model(complete, "complete groups", "")
    with_gaps = pooled_round_robins(tables, limit_missing=True)
    if len(with_gaps.used) > len(complete.used):
        yield from _model(with_gaps, "groups, few gaps filled", "_gaps")


def _model(found: PooledRoundRobins, groups: str, suffix: str) -> Iterator[Cell]:
    method = f"round robins pooled over {len(found.used)} {groups}, analysis of variance"
    for one in found.components:
        bare = Cell("", f"component:{one.name}", PROGRAMME, n=len(found.used), method=method, reason=one.reason)
        variance = replace(bare, estimate=f"srm_variance{suffix}", value=number(one.value), p=number(one.p))
        yield replace(variance, flags=one.flags)
        yield replace(bare, estimate=f"srm_share{suffix}", value=number(one.share))
    for name, value in (("rater", found.reliability_rater), ("rated", found.reliability_rated)):
        known = number(value)
        reason = found.reason or (None if known is not None else "negative_component")
        target = f"component:{name}"
        yield Cell(f"srm_reliability{suffix}", target, PROGRAMME, value=known, method=method, reason=reason)
