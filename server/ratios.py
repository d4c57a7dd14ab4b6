"""Ratios of the facts of a round, taken once when the secretariat saves them; pages show what was stored."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from analysis import facts as formulas
from analysis.estimates import Estimate
from surveys.facts import WITHIN

NAN = math.nan


def ratios_of(
    facts: Mapping[str, Mapping[str, Any]], first: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """fact -> value, low, high, n, reason; shares lie between 0 and 1. Formulas 34 to 37.

    first: the ratios of the first sheet of the partnership, from which targets are taken; empty for the first one.
    """
    found = {code: _stored(_share(code, values)) for code, values in facts.items() if code in WITHIN}
    if given := facts.get("predictability"):
        both = formulas.predictability(given.get("scheduled", NAN), given.get("disbursed", NAN))
        found["predictability"] = {**_stored(both.as_scheduled), "excess": _number(both.over_disbursed.value)}
    if given := facts.get("on_budget"):
        share = formulas.share_of_amount(given.get("recorded", NAN), given.get("disbursed", NAN))
        found["on_budget"] = {**_stored(share), "target": _target("on_budget", share, first)}
    if given := facts.get("national_systems"):
        share = formulas.share_of_amount(given.get("through", NAN), given.get("total", NAN))
        found["national_systems"] = {**_stored(share), "target": _target("national_systems", share, first)}
    if given := facts.get("parallel_units"):
        target = formulas.reduce_stock(given.get("base", NAN))
        found["parallel_units"] = {"count": given.get("now"), "target": _number(target)}
    if given := facts.get("accountability"):
        checks = {code: given.get(code) for code in formulas.ACCOUNTABILITY_CHECKS}
        met = formulas.mutual_accountability(checks)
        found["accountability"] = {"passed": met.passed, "unknown": met.unknown, "accepted": met.accepted}
    return found


def _share(code: str, values: Mapping[str, Any]) -> Estimate:
    part, whole = WITHIN[code]
    return formulas.share_of_count(values.get(part, NAN), values.get(whole, NAN))


def _target(code: str, share: Estimate, first: Mapping[str, Mapping[str, Any]]) -> float | None:
    """Half of the way that was left at the beginning, as the Paris targets were set (formula 36)."""
    base = first.get(code, {}).get("value", _number(share.value))
    return None if base is None or base > 1 else formulas.halve_the_gap(base)


def _stored(estimate: Estimate) -> dict[str, Any]:
    return {
        "value": _number(estimate.value),
        "low": _number(estimate.low),
        "high": _number(estimate.high),
        "n": estimate.n,
        "method": estimate.method,
        "reason": estimate.reason or "",
    }


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else float(value)
