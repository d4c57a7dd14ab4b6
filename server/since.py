"""Whether what an agreement was to move has moved since: from stored releases, and only beyond noise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from server.languages import format_month
from server.wording import Wording, signed
from surveys.releases import Cell, Release

WITHIN_NOISE = "within_noise"


def since_words(series: Sequence[Release], target: str, agreed_on: date, wording: Wording) -> str:
    """“agreed in March 2026; since then +9 (2 to 16)”, or that it is too early to tell, and why."""
    _ = wording._
    month = format_month(agreed_on, wording.language)
    asked = [release for release in series if release.find("level", target) or release.find("change_last", target)]
    before = [release for release in asked if release.closed_on <= agreed_on]
    after = [release for release in asked if release.closed_on > agreed_on]
    if not after:
        return _("agreed in {month}; too early to tell: no round since then").format(month=month)
    if not before:
        return _("agreed in {month}; nothing was asked before").format(month=month)
    cell = _change(after[-1], before[-1], series, target)
    if cell is None or cell.value is None or cell.low is None or cell.high is None:
        reason = wording.reason(cell) or _("no interval: no claim")
        return _("agreed in {month}; since then: {reason}").format(month=month, reason=reason)
    numbers = _("{value} ({low} to {high})").format(
        value=signed(round(cell.value)), low=signed(round(cell.low)), high=signed(round(cell.high))
    )
    if cell.low <= 0 <= cell.high or WITHIN_NOISE in cell.flags:
        return _("agreed in {month}; since then {change}: too early to tell").format(month=month, change=numbers)
    return _("agreed in {month}; since then {change}").format(month=month, change=numbers)


def _change(now: Release, base: Release, series: Sequence[Release], target: str) -> Cell | None:
    """The stored change since the round before the agreement."""
    numbers = [release.round_number for release in series]
    at = numbers.index(now.round_number)
    if at > 0 and numbers[at - 1] == base.round_number:
        return now.find("change_last", target)
    if numbers[0] == base.round_number and (cell := now.find("change_first", target)) is not None:
        return cell
    return now.find(f"change_since_{base.round_number}", target)
