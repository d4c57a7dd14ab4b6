"""What deserves discussion: at most five subjects, each with the evidence that put it there. Formula 49.

Decides which evidence counts, with so many subjects looked at; the words are written elsewhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.signals import Signal

SubjectKind = Literal["construct", "item"]
EvidenceKind = Literal["side_gap", "importance_gap", "fall", "spread", "meta_gap", "raised"]

MOST = 5
LEVEL = 0.08
RAISED_FROM = 3
RAISED_BONUS = 1.0
LARGEST_Z = 8.0
WAY: dict[str, float] = {"side_gap": 0.0, "meta_gap": 0.0, "importance_gap": 1.0, "spread": 1.0, "fall": -1.0}


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that can be put on the agenda.

    code: of the construct or item. construct: the construct an item belongs to, its own code for a construct.
    raised_by: organizations that chose it as the topic of an open answer.
    """

    code: str
    kind: SubjectKind
    construct: str
    raised_by: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for a place on the agenda.

    value, low, high, n, p: as in `Signal`; for `raised`, value and n count organizations. z: the p as a normal
    deviate, so that kinds can be compared; 1 for `raised`.
    """

    kind: EvidenceKind
    value: float
    low: float
    high: float
    n: int
    p: float
    z: float


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """One entry. priority: largest z of its evidence, plus 1 when raised by three organizations or more."""

    code: str
    kind: SubjectKind
    priority: float
    evidence: tuple[Evidence, ...]


def agenda(
    subjects: Sequence[Subject], signals: Iterable[Signal], *, level: float = LEVEL, most: int = MOST
) -> tuple[AgendaItem, ...]:
    """The subjects worth discussing, most urgent first. Formula 49.

    subjects: constructs and items of the instrument. signals: what `analysis.signals` found about them, of any kinds;
    those without p are ignored. level: chance that a round of pure noise puts anything here. most: longest agenda.
    Nothing to show gives an empty tuple. Raises ValueError for a signal about an unknown subject, a code given twice,
    or a level not between 0 and 1.

    The level is shared equally by the kinds of evidence at hand, and within a kind by constructs and items. Constructs
    pass Holm's test; an item passes Bonferroni's over all items, or, inside a construct that passed, over its items. A
    fall, an importance gap and a spread count in their own direction only, a spread only when it exceeds a sixth of the
    scale. A subject raised by three organizations or more stands without other evidence. A construct whose evidence its
    own items carry gives way to them.
    """
    by_code = _by_code(subjects)
    if not 0 < level < 1:
        raise ValueError("level must lie between 0 and 1")
    found: dict[str, list[Evidence]] = defaultdict(list)
    for signal in _passing(by_code, list(signals), level):
        found[signal.code].append(_evidence(signal))
    for subject in subjects:
        if subject.raised_by >= RAISED_FROM:
            found[subject.code].append(_raised(subject.raised_by))
    items = [_item(by_code[code], evidence) for code, evidence in found.items() if not _given_way(code, found, by_code)]
    order = {subject.code: place for place, subject in enumerate(subjects)}
    return tuple(sorted(items, key=lambda item: (-item.priority, order[item.code]))[:most])


def _by_code(subjects: Sequence[Subject]) -> dict[str, Subject]:
    by_code = {subject.code: subject for subject in subjects}
    if len(by_code) != len(subjects):
        raise ValueError("every subject needs a code of its own")
    return by_code


def _passing(by_code: dict[str, Subject], signals: list[Signal], level: float) -> list[Signal]:
    unknown = {signal.code for signal in signals} - set(by_code)
    if unknown:
        raise ValueError(f"signals about unknown subjects: {', '.join(sorted(unknown))}")
    by_kind: dict[str, list[Signal]] = defaultdict(list)
    for signal in signals:
        if not np.isnan(signal.p):
            by_kind[signal.kind].append(signal)
    passed = []
    for tested in by_kind.values():
        share = level / len(by_kind)
        passed += [signal for signal in _within_kind(by_code, tested, share) if _counts(signal)]
    return passed


def _within_kind(by_code: dict[str, Subject], tested: list[Signal], level: float) -> list[Signal]:
    constructs = [signal for signal in tested if by_code[signal.code].kind == "construct"]
    items = [signal for signal in tested if by_code[signal.code].kind == "item"]
    share = level / 2.0 if constructs and items else level
    passed = _holm(constructs, share)
    open_gates = {signal.code for signal in passed if _counts(signal)}
    siblings: dict[str, int] = defaultdict(int)
    for signal in items:
        siblings[by_code[signal.code].construct] += 1
    for signal in items:
        construct = by_code[signal.code].construct
        inside = construct in open_gates and signal.p <= level / siblings[construct]
        if inside or signal.p <= share / len(items):
            passed.append(signal)
    return passed


def _holm(tested: list[Signal], level: float) -> list[Signal]:
    passed = []
    for place, signal in enumerate(sorted(tested, key=lambda s: s.p)):
        if signal.p > level / (len(tested) - place):
            break
        passed.append(signal)
    return passed


def _counts(signal: Signal) -> bool:
    way = WAY[signal.kind]
    return way == 0 or signal.value * way > 0


def _evidence(signal: Signal) -> Evidence:
    from scipy.special import ndtri

    tail = signal.p / 2.0 if WAY[signal.kind] == 0 else signal.p
    z = min(LARGEST_Z, float(-ndtri(tail))) if tail > 0 else LARGEST_Z
    return Evidence(signal.kind, signal.value, signal.low, signal.high, signal.n, signal.p, z)


def _raised(organizations: int) -> Evidence:
    return Evidence("raised", float(organizations), np.nan, np.nan, organizations, np.nan, RAISED_BONUS)


def _item(subject: Subject, evidence: list[Evidence]) -> AgendaItem:
    ranked = sorted(evidence, key=lambda e: (e.kind == "raised", -e.z))
    measured = [e.z for e in ranked if e.kind != "raised"]
    raised = any(e.kind == "raised" for e in ranked)
    priority = max(measured, default=0.0) + (RAISED_BONUS if raised else 0.0)
    return AgendaItem(subject.code, subject.kind, priority, tuple(ranked))


def _given_way(code: str, found: dict[str, list[Evidence]], by_code: dict[str, Subject]) -> bool:
    """A construct all of whose evidence its own items carry too."""
    if by_code[code].kind != "construct":
        return False
    carried = {
        e.kind
        for other, evidence in found.items()
        if by_code[other].kind == "item" and by_code[other].construct == code
        for e in evidence
    }
    return {e.kind for e in found[code]} <= carried
