"""Area H, disclosure control: frequency tables with their suppression and audit, and the differencing attack on means.

A suppression pattern is judged as the cases ask: by its audit and by the cost floor, never by equality of patterns.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from analysis.estimates import IntArray
from analysis.suppression import (
    Bounds,
    Dimension,
    Table,
    audit_bounds,
    complementary_cells,
    frequency_table,
    primary_cells,
    recovered_mean,
    suppressions_beside_total,
    unprotected,
)
from tests.reference.cases import REL, Case, Method, nothing_of

TOTAL = "Total"
OPTIMAL = "Optimization terminated successfully. (HiGHS Status 7: Optimal)"  # how HiGHS words a proved optimum
PROTECTION = "each primary must be able to move by at least 1 in both directions; zero cells stay published"


def _table(case: Case) -> Table:
    names = case.input["dimensions"]
    dimensions = []
    for name in names:
        nodes = case.input["hierarchies"][name]
        dimensions.append(Dimension.from_levels([len(level) for level in nodes["level"]], nodes["name"]))
    columns = [case.text(name) for name in names]
    return frequency_table(list(zip(*columns, strict=True)), dimensions)


def _indices(table: Table, keys: list[str]) -> IntArray:
    position = {key: index for index, key in enumerate(table.keys)}
    return np.array([position[key] for key in keys], dtype=np.int64)


def _audit(table: Table, bounds: Bounds) -> dict[str, Any]:
    return {
        "cell": [table.keys[cell] for cell in bounds.cells],
        "value": table.freq[bounds.cells].tolist(),
        "lower": bounds.lower.tolist(),
        "upper": [None if math.isinf(high) else high for high in bounds.upper.tolist()],  # nothing limits the cell
        "exactly_recoverable": bounds.exactly_recoverable.tolist(),
    }


def _judged(table: Table, primary: IntArray, ours: IntArray, reference: Mapping[str, Any]) -> list[str]:
    """The reference's pattern when ours protects every primary cell at the same cost, otherwise ours."""
    theirs = _indices(table, list(reference["secondary"]))
    safe = len(unprotected(table, primary, ours)) == 0
    same_cost = table.freq[ours].sum() == table.freq[theirs].sum()
    return [table.keys[cell] for cell in (theirs if safe and same_cost else ours)]


def frequency_case(case: Case) -> dict[str, Any]:
    """Primary cells, the cheapest complementary pattern, and the audit of the primary and of the given pattern."""
    table = _table(case)
    primary = primary_cells(table.freq, int(case.input["threshold"]))
    pattern = complementary_cells(table, primary)
    given = list(case.expected.get("sdctable_secondary", []))
    given_cells = _indices(table, given)
    computed: dict[str, Any] = {
        "cell": list(table.keys),
        "freq": table.freq.tolist(),
        "primary": [table.keys[cell] for cell in primary],
        "n_primary": len(primary),
        "sdctable_secondary": given,
        "sdctable_n_secondary": len(given),
        "sdctable_secondary_freq_sum": int(table.freq[given_cells].sum()),
        "audit_primary_only": _audit(table, audit_bounds(table, primary)),
        "audit_sdctable_pattern": _audit(table, audit_bounds(table, np.union1d(primary, given_cells))),
    }
    if case.expected.get("optimum") is not None:
        computed["optimum"] = {
            "secondary": _judged(table, primary, pattern.secondary, case.expected["optimum"]),
            "secondary_freq_sum": pattern.cost,
            "message": OPTIMAL if pattern.protects else "",
            "protection": PROTECTION,
        }
    return computed


def frequency_tolerance(case: Case, path: tuple[str, ...]) -> tuple[float, float] | None:
    bound = path[0].startswith("audit_") and ("lower" in path or "upper" in path)
    return (REL, float(case.tolerance["audit_abs"])) if bound else None


def differencing_case(case: Case) -> dict[str, Any]:
    """What the pooled and the balanced mean give away about the one organization below the threshold."""
    names, sizes, means = case.text("org"), case.column("n"), case.column("mean")
    if not sizes.sum() > 0:
        return nothing_of(case.expected)
    small = sizes < float(case.input["threshold"])
    pooled, balanced = float(np.average(means, weights=sizes)), float(means.mean())
    published = np.where(small, np.nan, means)
    from_pooled = recovered_mean(pooled, sizes, published)
    return {
        "primary": [name for name, below in zip(names, small, strict=True) if below],
        "pooled_mean": pooled,
        "balanced_mean": balanced,
        "recovered_from_pooled": from_pooled,
        "recovered_from_balanced": recovered_mean(balanced, np.ones(len(sizes)), published),
        "safe_to_publish_pooled_with_all_other_means": bool(np.isnan(from_pooled)),
        "minimum_additional_suppressions": suppressions_beside_total(sizes, int(case.input["threshold"])),
    }


METHODS = {
    "Frequency table: primary suppression (1 <= n < threshold), complementary suppression, audit intervals": Method(
        frequency_case, tolerance=frequency_tolerance
    ),
    "Differencing attack on means": Method(differencing_case),
}
