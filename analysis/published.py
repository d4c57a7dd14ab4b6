"""What the disclosure rules speak about: who stands behind a number, what is offered, what becomes of it.

These types know nothing of pages, tables or files. The opening of a round fills `Published`, `Population` and
`Structure`; `analysis.protection.protect` answers with a `Protection`; its `release` is handed to the next opening
as history. A `ProtectedRelease` names how many people of each organization answered: it belongs in the carry-over box
and never into the release that is shown.

Every value, and every answer in `Structure.answers`, is in points of 100 and turned the same way (reverse-keyed items
either turned in both places or in neither).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

LINEAR = frozenset({"mean_of_organizations", "mean_of_people", "mean_of_sides", "share"})
INTERVAL = "interval"

Why = Literal["no_data", "too_few", "insider", "differencing", "extremes", "complementary", "derived"]
State = Literal["shown", "range", "word", "suppressed"]


@dataclass(frozen=True, slots=True)
class Population:
    """Who stands behind a published number. members: (organization id, number of its people who answered)."""

    code: str
    members: tuple[tuple[str, int], ...]

    @property
    def counts(self) -> dict[str, int]:
        return {organization: n for organization, n in self.members if n > 0}

    @property
    def n_people(self) -> int:
        return sum(n for _, n in self.members)

    @property
    def n_organizations(self) -> int:
        return sum(n > 0 for _, n in self.members)

    @property
    def largest(self) -> int:
        return max((n for _, n in self.members), default=0)


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a number taken over several rounds or populations: weight times the mean there."""

    round_key: str
    population: str
    weight: float


@dataclass(frozen=True, slots=True)
class Published:
    """One candidate number.

    key: unique in the release. target: what is measured ("item:T1", "construct:T", "headline:trust", "composite",
    "share:cannot_judge:T1"). population: key into the mapping of populations. value: unrounded, points of 100;
    NaN when there is none.
    statistic: "mean_of_organizations", "mean_of_people", "mean_of_sides", "share" (of people) are linear and enter the
    audit; "spread" (SD of people, points) and "agreement" (AD, rwg of the same answers) are shown as number, as word or
    not at all; "interval" is the half-width of the interval around a mean over organizations; anything else counts as
    derived: it follows the linear number of the same target and population.
    terms: for changes, slopes and gaps, the weighted sum this number is; empty for a mean of this round. Its statistic
    says which kind of mean the terms are. The population of a term of an earlier round is looked up in the release of
    that round, then among the populations given now: people matched over two rounds need keys of their own.
    """

    key: str
    target: str
    population: str
    value: float
    statistic: str
    round_key: str
    terms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Structure:
    """How the numbers of one round hang together.

    organizations: id -> people who answered. sides: id -> side, for side-weighted means.
    parts: target -> ((part, weight), ...), nested as the index is ("composite" -> constructs -> items); a target
    without parts is a leaf and has answers of its own.
    answers: leaf -> organization -> the answers of its people in points of 100; with them the audit also plays every
    organization that subtracts its own, without them (a release read again later) only the reader from outside.
    Scores of people for targets that have parts may be given too: spreads of such targets are shown only with them.
    step: distance of two scale points, in points of 100 (10 on the 0-10 scale).
    """

    organizations: Mapping[str, int]
    parts: Mapping[str, tuple[tuple[str, float], ...]] = field(default_factory=dict)
    answers: Mapping[str, Mapping[str, tuple[float, ...]]] = field(default_factory=dict)
    sides: Mapping[str, str] = field(default_factory=dict)
    step: float = 10.0

    def leaves(self, target: str) -> dict[str, float]:
        """The leaves a target is made of, with their weights; a leaf is made of itself."""
        weights: dict[str, float] = {}
        for part, weight in self.parts.get(target, ()):
            for leaf, inner in self.leaves(part).items():
                weights[leaf] = weights.get(leaf, 0.0) + weight * inner
        return weights or {target: 1.0}


@dataclass(frozen=True, slots=True)
class Shown:
    """A linear number as an attacker reads it: between low and high, points of 100; terms as in `Published`."""

    target: str
    population: str
    statistic: str
    low: float
    high: float
    terms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Hidden:
    """A mean that is a secret: computed, and not shown because of its size, its extremes or the audit."""

    target: str
    population: str
    statistic: str


@dataclass(frozen=True, slots=True)
class ProtectedRelease:
    """What the world can read of one round, with the populations behind it (those of its terms included)."""

    round_key: str
    populations: Mapping[str, Population]
    shown: tuple[Shown, ...] = ()
    hidden: tuple[Hidden, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What may be shown of one candidate.

    value: whole points, NaN unless shown. low, high: the range shown in its place. word: "close", "mixed" or "apart".
    grid: whole points to which the ends of an interval are rounded outward. n_band: size of the group behind it.
    """

    key: str
    state: State
    reason: Why | None = None
    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    word: str = ""
    grid: int = 1
    n_band: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one attacker is left with.

    target: leaf or construct. about: "population:<key>", "organization:<id>" or "person:<id>" (somebody there).
    attacker: "" for a reader from outside, otherwise the organization that subtracts its own answers.
    width: points of 100 between values that fit everything published; exact where a linear program was solved, else
    what is left at least.
    """

    target: str
    about: str
    attacker: str
    width: float


@dataclass(frozen=True, slots=True)
class AuditReport:
    """passed: nobody is left with less than the rules ask. narrowest: the closest call among all that were computed.

    checked: numbers and answers the attackers aimed at. programs: linear programs it took.
    """

    passed: bool
    narrowest: Finding | None
    failures: tuple[Finding, ...]
    checked: int
    programs: int


@dataclass(frozen=True, slots=True)
class Protection:
    """The verdict on every candidate by its key, the audit that let them pass, and the release as history needs it."""

    verdicts: Mapping[str, Verdict]
    report: AuditReport
    release: ProtectedRelease
