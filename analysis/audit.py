"""The audit: attackers who know everything published, and their own answers, try to work out the rest.

Every reader from outside and every single organization is played. What a witness proves open is not computed further;
the rest is bounded by linear programs. `analysis.protection` uses the same search to decide what to hide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from analysis.attack import Doubt, Outlook, attack, name_of, points_needed
from analysis.disclosure import MIN_WIDTH, scale_points_left
from analysis.equations import Subject, System, system_of
from analysis.estimates import FloatArray, Interval
from analysis.programs import Programs, families, fitting
from analysis.published import AuditReport, Finding, ProtectedRelease, Structure

TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Failure:
    """A finding below the rules, and the numbers (places among those shown) that give it away."""

    finding: Finding
    numbers: frozenset[int]


def audit(release: ProtectedRelease, structure: Structure, history: Sequence[ProtectedRelease] = ()) -> AuditReport:
    """Whether a release leaves every attacker in doubt about every secret mean, organization and person.

    release: what is shown (each number as the interval a reader knows) and which means are secret. structure: how
    targets hang together and, at opening, the answers, so that every organization can subtract its own. history:
    earlier releases of the series, which changes since then refer to.
    Asked for: at least 20 points of 100 for a secret mean and for the mean of every organization on every leaf, at
    least 3 scale points for every person (people of one organization are exchangeable; for a share both answers).
    At most one failure per leaf and secret is reported, the first that was found.
    Raises ValueError when no answers at all fit what is published.
    """
    search = Search()
    return search.report(search.failures(system_of(release, structure, history)))


class Search:
    """The search for what gives too much away, repeated while numbers are withdrawn.

    What was safe once stays safe when less is published, so it is not looked at again.
    """

    def __init__(self) -> None:
        self.settled: set[Subject] = set()
        self.outlook = Outlook()
        self.solved = 0

    def failures(self, system: System) -> list[Failure]:
        """Everything an attacker can narrow down too far, at most one per leaf and per secret."""
        self.system, self.programs = system, Programs(system, _start(system))
        found = attack(system, self.programs.start, self.settled)
        self._take_over(found)
        subjects: dict[Subject, list[Doubt]] = {}
        for doubt in sorted(self._second_look(found.doubts), key=lambda one: one.width):
            subjects.setdefault(doubt.subject, []).append(doubt)
        confirmed = {
            subject: next(filter(None, map(self._settle, doubts)), None) for subject, doubts in subjects.items()
        }
        failed = {subject: failure for subject, failure in confirmed.items() if failure is not None}
        self.settled |= {(leaf, "") for leaf in system.leaves} | {secret.subject for secret in system.secrets}
        self.settled -= failed.keys()
        self.solved += self.programs.solved
        return list(failed.values())

    def report(self, failures: Sequence[Failure]) -> AuditReport:
        """The outcome after the last search."""
        findings = tuple(failure.finding for failure in failures)
        narrowest = min(findings, key=lambda one: one.width, default=self.outlook.narrowest)
        return AuditReport(not findings, narrowest, findings, self.outlook.checked, self.solved)

    def _take_over(self, found: Outlook) -> None:
        self.outlook.checked = max(self.outlook.checked, found.checked)
        if found.narrowest is not None:
            self.outlook.note(found.narrowest)

    def _second_look(self, doubts: Sequence[Doubt]) -> Iterator[Doubt]:
        """The doubts that remain when all leaves of a target are moved together."""
        for doubt, bounds in zip(doubts, self.programs.climbed(doubts), strict=True):
            finding = self._finding(doubt, bounds)
            if finding is None:
                self._note(doubt, bounds)
            else:
                yield replace(doubt, width=max(doubt.width, finding.width))

    def _settle(self, doubt: Doubt) -> Failure | None:
        """Decides a doubt: proved open with other leaves at rest, given away by the leaf alone, or by everything."""
        leaves, programs = tuple(doubt.aim), self.programs
        block, family = programs.block(leaves), programs.family(leaves[0])
        if (
            len(family) > 1
            and self._finding(doubt, programs.bounds(block, doubt.aim, doubt.attacker, beyond=True)[0]) is None
        ):
            return None
        for unknown in dict.fromkeys((leaves, family)):
            bounds, numbers = programs.bounds(unknown, doubt.aim, doubt.attacker, beyond=False)
            finding = self._finding(doubt, bounds)
            if finding is not None:
                return Failure(finding, numbers)
        self._note(doubt, bounds)
        return None

    def _note(self, doubt: Doubt, bounds: Interval) -> None:
        about = doubt.about if not doubt.people else f"organization:{doubt.about}"
        width = (bounds.high - bounds.low) / doubt.others
        self.outlook.note(Finding(doubt.target, about, name_of(self.system, doubt.attacker), width))

    def _finding(self, doubt: Doubt, bounds: Interval) -> Finding | None:
        """What is found when the bounds break a rule: about a mean, else about a person."""
        attacker, width = name_of(self.system, doubt.attacker), (bounds.high - bounds.low) / doubt.others
        if width < MIN_WIDTH - TOLERANCE:
            about = doubt.about if doubt.about.startswith("population:") else f"organization:{doubt.about}"
            return Finding(doubt.target, about, attacker, width)
        people = doubt.people
        if not people:
            return None
        low, high = max(bounds.low, 0.0), min(bounds.high, 100.0)
        left = scale_points_left(np.array(low), np.array(high), np.array(people), doubt.step)
        if int(left) >= points_needed(doubt.step):
            return None
        width = min(100.0, people * high) - max(0.0, people * low - 100.0 * (people - 1))
        return Finding(doubt.target, f"person:{doubt.about}", attacker, width)


def _start(system: System) -> list[FloatArray]:
    """Means that fit: the truth, or what a program finds for a reader without answers."""
    start = {leaf: truth for leaf, truth in enumerate(system.truth) if truth is not None}
    tied = families(system) if len(start) < len(system.leaves) else []
    for leaf in range(len(system.leaves)):
        if leaf not in start:
            found = fitting(system, tied[leaf])
            if found is None:
                raise ValueError(f"no answers fit what is published of {system.leaves[leaf]}")
            start |= {one: means for one, means in zip(tied[leaf], found, strict=True) if one not in start}
    return [start[leaf] for leaf in range(len(system.leaves))]
