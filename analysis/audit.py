"""The audit: attackers who know everything published, and their own answers, try to work out the rest.

Every reader from outside and every single organization is played. What a witness proves open is not computed further;
the rest is bounded by linear programs. `analysis.protection` uses the same search to decide what to hide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.attack import Doubt, Outlook, attack, name_of, points_needed
from analysis.disclosure import MIN_WIDTH, scale_points_left
from analysis.equations import Secret, System, system_of
from analysis.estimates import FloatArray, Interval
from analysis.programs import Programs
from analysis.published import AuditReport, Finding, ProtectedRelease, Structure


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
    search = Search(system_of(release, structure, history))
    return search.report(search.failures())


class Search:
    """One audit of one system of equations."""

    def __init__(self, system: System) -> None:
        self.system, self.programs = system, Programs(system)
        self.outlook = Outlook(np.zeros((0, 0)))

    def failures(self) -> list[Failure]:
        """Everything an attacker can narrow down too far, at most one per leaf and per secret."""
        self.outlook = attack(self.system, self._start())
        by_leaf: dict[int, list[Doubt]] = {}
        for doubt in self.outlook.doubts:
            by_leaf.setdefault(doubt.leaf, []).append(doubt)
        found = [self._first(doubts) for doubts in by_leaf.values()]
        found += [self._secret(number, secret) for number, secret in enumerate(self.system.secrets)]
        return [failure for failure in found if failure is not None]

    def report(self, failures: Sequence[Failure]) -> AuditReport:
        """The outcome of the last search."""
        findings = tuple(failure.finding for failure in failures)
        return AuditReport(not findings, self.outlook.narrowest, findings, self.outlook.checked, self.programs.solved)

    def _start(self) -> list[FloatArray]:
        """Means that fit: the truth, or what a program finds for a reader without answers."""
        start = {leaf: truth for leaf, truth in enumerate(self.system.truth) if truth is not None}
        for leaf in range(len(self.system.leaves)):
            if leaf not in start:
                family = self.programs.family(leaf)
                fitting = self.programs.start(family)
                if fitting is None:
                    raise ValueError(f"no answers fit what is published of {self.system.leaves[leaf]}")
                start |= {one: means for one, means in zip(family, fitting, strict=True) if one not in start}
        return [start[leaf] for leaf in range(len(self.system.leaves))]

    def _first(self, doubts: Sequence[Doubt]) -> Failure | None:
        """The first doubt about a leaf that a linear program confirms."""
        return next((failure for failure in map(self._settled, doubts) if failure is not None), None)

    def _settled(self, doubt: Doubt) -> Failure | None:
        leaf = doubt.leaf
        families: list[tuple[int, ...]] = [(leaf,)] if self.system.own[leaf] else []
        if self.system.linked[leaf]:
            families.append(self.programs.family(leaf))
        for family in families:
            bounds, numbers = self.programs.bounds(family, {leaf: doubt.aim}, doubt.attacker)
            finding = self._finding(doubt, bounds)
            if finding is not None:
                self.outlook.note(finding)
                return Failure(finding, numbers)
        return None

    def _finding(self, doubt: Doubt, bounds: Interval) -> Finding | None:
        """What is found when the bounds break a rule: about the organization, else about a person of it."""
        leaf, owner = self.system.leaves[doubt.leaf], self.system.organizations[doubt.organization]
        attacker = name_of(self.system, doubt.attacker)
        if bounds.high - bounds.low < MIN_WIDTH - 1e-6:
            return Finding(leaf, f"organization:{owner}", attacker, bounds.high - bounds.low)
        step = float(self.system.steps[doubt.leaf])
        ends = np.array([bounds.low]), np.array([bounds.high])
        left = scale_points_left(*ends, np.array([max(doubt.people, 1)]), step) if doubt.people else None
        if left is None or int(left[0]) >= points_needed(step):
            return None
        people = doubt.people
        width = min(100.0, people * bounds.high) - max(0.0, people * bounds.low - 100.0 * (people - 1))
        return Finding(leaf, f"person:{owner}", attacker, width)

    def _secret(self, number: int, secret: Secret) -> Failure | None:
        """The first attacker who narrows a secret mean down too far."""
        organization = {part.leaf: np.array(self.system.layouts[part.leaf].organization) for part in secret.parts}
        known = all(self.system.truth[part.leaf] is not None for part in secret.parts)
        for attacker in range(-1, len(self.system.organizations) if known else 0):
            aim = {
                part.leaf: part.share * part.weights * (organization[part.leaf] != attacker) for part in secret.parts
            }
            others = sum(float(weights.sum()) for weights in aim.values())
            if others < 1e-9:
                continue
            self.outlook.checked += 1
            width, numbers = float(self.outlook.left[number, attacker + 1]) / others, frozenset[int]()
            if width < MIN_WIDTH:
                family = self.programs.family(secret.parts[0].leaf)
                bounds, numbers = self.programs.bounds(family, aim, attacker)
                width = (bounds.high - bounds.low) / others
            about = f"population:{secret.population}"
            finding = Finding(secret.target, about, name_of(self.system, attacker), width)
            self.outlook.note(finding)
            if width < MIN_WIDTH - 1e-6:
                return Failure(finding, numbers)
        return None
