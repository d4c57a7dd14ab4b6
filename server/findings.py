"""What of a round deserves discussion, from organization means; which of it may be shown is decided later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from analysis.agenda import AgendaItem, Subject, agenda
from analysis.estimates import FloatArray
from analysis.ratings import organization_means
from analysis.signals import Signal, fall_signals, importance_gap_signals, side_gap_signals, spread_signals
from server.comparability import is_comparable
from server.measurement import EarlierRound, RoundAnswers

SHOWN_FROM = 3  # organizations that raised a topic


def findings(given: RoundAnswers, earlier: Sequence[EarlierRound]) -> tuple[AgendaItem, ...]:
    """At most five subjects, most urgent first, each with the evidence that put it there."""
    subjects = list(_subjects(given))
    if not subjects:
        return ()
    found = agenda(subjects, [*_signals(given, earlier, "construct"), *_signals(given, earlier, "item")])
    return tuple(replace(one, code=one.code.partition(":")[2]) for one in found)


def falls_of(agenda: Sequence[AgendaItem]) -> set[str]:
    """Items on the agenda for a fall: their change is part of the release."""
    fallen = (one for one in agenda if one.kind == "item" and any(e.kind == "fall" for e in one.evidence))
    return {f"item:{one.code}" for one in fallen}


def raised_topics(given: RoundAnswers) -> dict[str, int]:
    """Topic -> organizations that raised it, from three on."""
    counts = Counter(topic for _, topic in set(given.topics))
    return {topic: n for topic, n in sorted(counts.items()) if n >= SHOWN_FROM}


def _subjects(given: RoundAnswers) -> Iterator[Subject]:
    """Constructs and items by their targets: an item may bear the code of its construct."""
    raised = raised_topics(given)
    in_index = {item.construct_code for item in given.instrument.items if item.in_index}
    for construct in given.instrument.constructs:
        if f"construct:{construct.code}" in given.scores and construct.code in in_index:
            target = f"construct:{construct.code}"
            yield Subject(target, "construct", target, raised.get(construct.code, 0))
    for item in given.instrument.items:
        if f"item:{item.code}" in given.scores and item.in_index:
            above = f"construct:{item.construct_code}"
            yield Subject(f"item:{item.code}", "item", above, raised.get(item.code, 0))


def _signals(given: RoundAnswers, earlier: Sequence[EarlierRound], kind: str) -> Iterator[Signal]:
    targets = [subject.code for subject in _subjects(given) if subject.kind == kind]
    if not targets:
        return
    table = np.column_stack([given.organization_scores[target][0] for target in targets])
    yield from side_gap_signals(targets, table, given.sides)
    yield from spread_signals(targets, table)
    if earlier:
        last = earlier[-1]
        known = [at for at, target in enumerate(targets) if is_comparable(given, earlier, last, target)]
        if known:
            before = last.table(given.organizations, [targets[at] for at in known])
            yield from fall_signals([targets[at] for at in known], table[:, known], before)
    if kind == "construct" and np.isfinite(given.importance).any():
        codes = [target.partition(":")[2] for target in targets]
        yield from importance_gap_signals(targets, _importance(given, codes), table)


def _importance(given: RoundAnswers, codes: Sequence[str]) -> FloatArray:
    place = {construct.code: at for at, construct in enumerate(given.instrument.constructs)}
    points, n = given.importance_points, len(given.organizations)
    return np.column_stack([organization_means(points[:, place[c]], given.organization, n)[0] for c in codes])
