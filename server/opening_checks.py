"""The opening job's own checks: counts, and every level computed a second time by plain loops over the payloads."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from server.candidates import Candidate
from server.measurement import RoundAnswers
from surveys.instruments import Instrument, Item
from surveys.models import Round
from surveys.problems import OpeningFailed

CLOSE = 1e-7


def check_counts(opened: int, stored: int, round_: Round) -> None:
    if opened != stored:
        raise OpeningFailed(f"round {round_.number}: {stored} boxes are stored, {opened} were opened; nothing changed")


def check_levels(
    personal: Sequence[Mapping[str, Any]], given: RoundAnswers, candidates: Iterable[Candidate], round_: Round
) -> None:
    """Raises OpeningFailed when a construct's level differs from what plain loops find."""
    for one in candidates:
        target = one.cell.target
        if one.cell.estimate != "level" or one.cell.population != "all" or not target.startswith("construct:"):
            continue
        plain = _plain_level(personal, given.instrument, target.removeprefix("construct:"), _asked(given))
        found = math.nan if one.cell.value is None else one.cell.value
        if math.isnan(plain) != math.isnan(found) or abs(plain - found) > CLOSE:
            raise OpeningFailed(f"round {round_.number}: two ways to compute {target} disagree; it stays sealed")
        if not math.isnan(found) and not 0 <= found <= 100:
            raise OpeningFailed(f"round {round_.number}: {target} lies outside 0 to 100; it stays sealed")


def _asked(given: RoundAnswers) -> set[str]:
    return {item.code for item, asked in zip(given.instrument.items, given.asked, strict=True) if asked}


def _plain_level(personal: Sequence[Mapping[str, Any]], instrument: Instrument, code: str, asked: set[str]) -> float:
    items = [item for item in instrument.items_of(code) if item.code in asked]
    by_organization: dict[str, list[float]] = {}
    for payload in personal:
        points = [_points(instrument, item, payload.get("answers", {}).get(item.code)) for item in items]
        known = [one for one in points if one is not None]
        if known and 3 * len(known) >= 2 * len(items):
            by_organization.setdefault(payload["organization"], []).append(sum(known) / len(known))
    means = [sum(scores) / len(scores) for scores in by_organization.values()]
    return sum(means) / len(means) if means else math.nan


def _points(instrument: Instrument, item: Item, answer: Any) -> float | None:
    if answer is None or isinstance(answer, str):
        return None
    scale = instrument.scale_of(item)
    share = (float(answer) - scale.low) / (scale.high - scale.low)
    return 100 * (1 - share if item.reverse else share)
