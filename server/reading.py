"""What the reading pages show of a series of releases: stored numbers, their words, and what needs attention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from analysis.small_multiples import small_multiple
from server.briefing import evidence_words, views_of
from server.pictures import events_of, point_of
from server.wording import Wording
from surveys.releases import WITHIN_NOISE, Cell, Release

LOW_RESPONSE = 60  # percent of the organizations; below it a round is not valid for conclusions


@dataclass(frozen=True, slots=True)
class IndexLine:
    """One index of the latest round: its level, who stands behind it, and what may be said of its change.

    sides: the level as national and as external partners see it; empty where they are not told apart.
    """

    target: str
    name: str
    level: str
    people: str
    change: str
    spread: str
    sides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A statement of the release worth discussing, with the address that opens an entry for it."""

    target: str
    question: str
    evidence: tuple[str, ...]
    views: tuple[tuple[str, str], ...]


def headline_targets(wording: Wording) -> list[str]:
    named = [f"headline:{headline.code}" for headline in wording.instrument.headlines]
    return named or [f"construct:{construct.code}" for construct in wording.instrument.constructs][:3]


def construct_targets(wording: Wording) -> list[str]:
    composite = wording.instrument.composite or tuple(c.code for c in wording.instrument.constructs)
    return [f"construct:{code}" for code in composite]


def without_repeats(targets: Sequence[str], wording: Wording) -> list[str]:
    """Headlines and constructs, without the construct that alone makes up a headline: the number would stand twice."""
    alone = {f"construct:{one.constructs[0]}" for one in wording.instrument.headlines if len(one.constructs) == 1}
    return [target for target in dict.fromkeys(targets) if target not in alone]


def index_lines(release: Release, targets: Sequence[str], wording: Wording) -> tuple[IndexLine, ...]:
    """The first round of a series has no change to speak of: the words stay empty."""
    return tuple(
        IndexLine(
            target,
            wording.target(target),
            wording.full_level(level := release.find("level", target)),
            "" if level is None else level.n_band or ("" if level.n is None else str(level.n)),
            wording.change(change) if (change := release.find("change_last", target)) else "",
            wording.spread(release.find("spread", target)),
            _sides_of(release, target, wording),
        )
        for target in targets
    )


def _sides_of(release: Release, target: str, wording: Wording) -> tuple[str, ...]:
    found = [release.find("level", target, side) for side in ("national", "external")]
    return tuple(wording.full_level(cell) for cell in found) if any(found) else ()


def attention(release: Release, overdue: int, wording: Wording) -> tuple[str, ...]:
    """What needs attention now, each in one sentence; gaps only beyond their intervals, falls also beyond noise."""
    _ = wording._
    said = []
    for target in headline_targets(wording):
        change, gap = release.find("change_last", target), release.find("gap_sides", target)
        if change is not None and change.high is not None and change.high < 0 and WITHIN_NOISE not in change.flags:
            said.append(wording.about(wording.target(target), wording.change(change)))
        if gap is not None and _excludes_zero(gap) and "pattern" not in gap.flags:
            said.append(wording.about(wording.target(target), wording.gap(gap)))
    response = release.find("response_organizations", "partnership")
    if response is not None and response.value is not None and response.value < LOW_RESPONSE:
        said.append(_("only {share} % of the organizations answered").format(share=round(response.value)))
    return (*said, *overdue_words(overdue, wording))


def overdue_words(overdue: int, wording: Wording) -> tuple[str, ...]:
    return (wording._("agreed actions past their date: {count}").format(count=overdue),) if overdue else ()


def _excludes_zero(cell: Cell) -> bool:
    return cell.low is not None and cell.high is not None and not cell.low <= 0 <= cell.high


def has_sides(release: Release) -> bool:
    """Whether national and external partners were told apart."""
    return any(cell.estimate == "level" and cell.population == "external" for cell in release.cells)


def response_words(release: Release, wording: Wording) -> str:
    people = release.find("response_people", "partnership")
    if people is None or people.value is None:
        return wording.reason(people) if people else ""
    return wording._("{share} % of those invited").format(share=round(people.value))


def findings(release: Release, wording: Wording) -> tuple[Finding, ...]:
    """The agenda of the release as open questions with both views."""
    return tuple(
        Finding(
            entry.target,
            wording.question(entry.target),
            tuple(evidence_words(entry, release, wording)),
            views_of(entry, release, wording),
        )
        for entry in release.agenda[:5]
    )


def glance(series: Sequence[Release], target: str, wording: Wording) -> str:
    """A small drawing of one index; empty where there is nothing to draw."""
    levels = [release.find("level", target) for release in series]
    if not any(cell is not None and (cell.value is not None or cell.low is not None) for cell in levels):
        return ""
    points = [point_of(release, release.find("level", target), wording) for release in series]
    breaks = [event.on for event in events_of(series, wording, target) if event.is_break]
    last = series[-1]
    sentence = wording._("{name} in {round}: {level}.").format(
        name=wording.target(target),
        round=wording.label(last.round_label),
        level=wording.level(last.find("level", target)),
    )
    return small_multiple(points, breaks, title=wording.target(target), description=sentence)


def is_overdue(status: str, due_on: date | None, today: date) -> bool:
    return status == "agreed" and due_on is not None and due_on < today
