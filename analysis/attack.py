"""Every attacker against every leaf and every secret at once: whom no witness proves safe."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field

import numpy as np

from analysis.disclosure import MIN_SCALE_POINTS, MIN_WIDTH, scale_points_left
from analysis.equations import Equation, Layout, Secret, Subject, System
from analysis.estimates import BoolArray, FloatArray, IntArray
from analysis.published import Finding
from analysis.witnesses import moves

OUTSIDE = -1
LARGEST_BATCH = 2_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Doubt:
    """Somebody, or a secret mean, that no witness proves safe yet.

    aim: leaf -> weights on its atoms, known ones left out; others: their sum, what the width is measured against.
    people: how many stand behind the aim, 0 where no person can be singled out. width: what is left at least.
    """

    subject: Subject
    about: str
    attacker: int
    aim: dict[int, FloatArray]
    others: float
    people: int
    step: float
    width: float

    @property
    def target(self) -> str:
        return self.subject[0]


@dataclass(slots=True, eq=False)
class Outlook:
    """What the witnesses proved: the doubts that remain, the narrowest of what is safe, and how much was looked at."""

    doubts: list[Doubt] = field(default_factory=list)
    narrowest: Finding | None = None
    checked: int = 0

    def note(self, finding: Finding) -> None:
        if self.narrowest is None or finding.width < self.narrowest.width:
            self.narrowest = finding


def name_of(system: System, attacker: int) -> str:
    """The organization that attacks, "" for a reader from outside."""
    return "" if attacker == OUTSIDE else system.organizations[attacker]


def points_needed(step: float) -> int:
    """Scale points a person must be left with: three, or both answers where there are only two."""
    return min(MIN_SCALE_POINTS, round(100.0 / step) + 1)


@dataclass(slots=True, eq=False)
class _Group:
    """Leaves alike in their atoms and in the rows published of them.

    fixed: rows whose value is known. ranges: rows known roughly. hidden: rows of secrets.
    """

    layout: Layout
    fixed: FloatArray
    ranges: FloatArray
    hidden: FloatArray
    leaves: list[int] = field(default_factory=list)


def attack(system: System, start: Sequence[FloatArray], settled: Set[Subject] = frozenset()) -> Outlook:
    """Plays the reader from outside and, where answers are known, every organization; leaf by leaf, others at rest.

    start: per leaf, means that fit everything published. settled: leaves and secrets already known to be safe.
    """
    outlook = Outlook()
    left = np.zeros((len(system.secrets), len(system.organizations) + 1))
    secrets = _secrets_by_leaf(system, settled)
    for group in _groups(system, secrets, settled):
        cost = (
            (len(system.organizations) + 1) * len(group.layout.people) * (len(group.layout.people) + len(group.hidden))
        )
        size = max(1, LARGEST_BATCH // max(1, cost))
        for at in range(0, len(group.leaves), size):
            _attack_group(system, group, group.leaves[at : at + size], start, secrets, left, outlook, settled)
    for number, secret in enumerate(system.secrets):
        if secret.subject not in settled:
            _weigh_secret(system, secret, left[number], outlook)
    return outlook


def _secrets_by_leaf(system: System, settled: Set[Subject]) -> list[list[tuple[int, Secret]]]:
    by_leaf: list[list[tuple[int, Secret]]] = [[] for _ in system.leaves]
    for number, secret in enumerate(system.secrets):
        for part in secret.parts if secret.subject not in settled else ():
            by_leaf[part.leaf].append((number, secret))
    return by_leaf


def _row_on(number: Equation | Secret, leaf: int) -> FloatArray:
    """The weights a number has on the atoms of one leaf, not yet times the leaf's share."""
    return next(part.weights for part in number.parts if part.leaf == leaf)


def _groups(system: System, secrets: Sequence[Sequence[tuple[int, Secret]]], settled: Set[Subject]) -> list[_Group]:
    groups: dict[tuple[object, ...], _Group] = {}
    for leaf, layout in enumerate(system.layouts):
        if (system.leaves[leaf], "") in settled and not secrets[leaf]:
            continue
        ranges = [_row_on(one, leaf) for one in system.own[leaf] if one.is_range]
        exact = [one for one in system.own[leaf] if not one.is_range] + system.linked[leaf]
        fixed = {row.tobytes(): row for row in (_row_on(one, leaf) for one in exact)}
        hidden = [_row_on(secret, leaf) for _, secret in secrets[leaf]]
        marks = tuple(tuple(row.tobytes() for row in rows) for rows in (ranges, hidden))
        key = (layout, system.truth[leaf] is None, frozenset(fixed), marks)
        if key not in groups:
            known, roughly, secret = (
                np.array(kind).reshape(-1, len(layout.people)) for kind in (list(fixed.values()), ranges, hidden)
            )
            groups[key] = _Group(layout, known, roughly, secret)
        groups[key].leaves.append(leaf)
    return list(groups.values())


def _attack_group(
    system: System,
    group: _Group,
    leaves: Sequence[int],
    start: Sequence[FloatArray],
    secrets: Sequence[Sequence[tuple[int, Secret]]],
    left: FloatArray,
    outlook: Outlook,
    settled: Set[Subject],
) -> None:
    organization = np.array(group.layout.organization, dtype=np.int64)
    insiders = np.unique(organization) if system.truth[leaves[0]] is not None else organization[:0]
    attackers = np.concatenate([[OUTSIDE], insiders])
    free = organization[None, :] != attackers[:, None]
    whole, owners = _split_organizations(group.layout)
    aims = np.vstack([np.eye(len(organization)), whole, group.hidden])
    fitting = np.array([start[leaf] for leaf in leaves])
    found = moves(fitting, free, group.fixed, _ends(system, group, leaves, fitting), aims)
    n_aims = len(organization) + len(whole)
    width = found.high - found.low
    for index, leaf in enumerate(leaves):
        for (number, secret), one in zip(secrets[leaf], width[index, :, n_aims:].T, strict=True):
            known = np.full(left.shape[1], one[0])
            known[insiders + 1] = one[1:]
            left[number] += known * next(part.share for part in secret.parts if part.leaf == leaf)
    people = np.concatenate([np.array(group.layout.people), np.zeros(len(whole), dtype=np.int64)])
    whose = np.concatenate([organization, owners])
    asked = np.array([(system.leaves[leaf], "") not in settled for leaf in leaves])
    theirs = asked[:, None, None] & (whose[None, :] != attackers[:, None])
    safe = _safe(found.low[..., :n_aims], found.high[..., :n_aims], people, system.steps[list(leaves)])
    outlook.checked += int(theirs.sum())
    _note_narrowest(system, leaves, attackers, np.where(safe & theirs, width[..., :n_aims], np.inf), whose, outlook)
    for index, who, aim in np.argwhere(~safe & theirs).tolist():
        leaf, attacker, about = leaves[index], int(attackers[who]), system.organizations[int(whose[aim])]
        vector, one = {leaf: aims[aim] * free[who]}, float(width[index, who, aim])
        step, n = float(system.steps[leaf]), int(people[aim])
        outlook.doubts.append(Doubt((system.leaves[leaf], ""), about, attacker, vector, 1.0, n, step, one))


def _split_organizations(layout: Layout) -> tuple[FloatArray, IntArray]:
    """The mean of every organization that falls into several atoms, as rows on the atoms, and whose it is."""
    organization, people = np.array(layout.organization, dtype=np.int64), np.array(layout.people, dtype=np.float64)
    several = [one for one in np.unique(organization) if (organization == one).sum() > 1]
    rows = [np.where(organization == one, people, 0.0) / people[organization == one].sum() for one in several]
    return np.array(rows).reshape(-1, len(people)), np.array(several, dtype=np.int64)


def _safe(low: FloatArray, high: FloatArray, people: IntArray, steps: FloatArray) -> BoolArray:
    """Where both rules hold: means keep their width, persons their scale points."""
    low, high = np.clip(low, 0.0, 100.0), np.clip(high, 0.0, 100.0)
    needed = np.array([points_needed(one) for one in steps.tolist()])
    points = scale_points_left(low, high, np.maximum(people, 1), steps[:, None, None])
    enough = (people == 0) | (points >= needed[:, None, None])
    return np.asarray((high - low >= MIN_WIDTH) & enough)


def _ends(
    system: System, group: _Group, leaves: Sequence[int], fitting: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The ranges published of these leaves, moved so far that what fits lies inside."""
    ends = [[(one.low, one.high) for one in system.own[leaf] if one.is_range] for leaf in leaves]
    both = np.array(ends, dtype=np.float64).reshape(len(leaves), -1, 2)
    at = fitting @ group.ranges.T
    return group.ranges, np.minimum(both[..., 0], at), np.maximum(both[..., 1], at)


def _note_narrowest(
    system: System, leaves: Sequence[int], attackers: IntArray, width: FloatArray, whose: IntArray, outlook: Outlook
) -> None:
    if not width.size or not np.isfinite(least := float(width.min())):
        return
    leaf, who, aim = np.unravel_index(int(width.argmin()), width.shape)
    about = f"organization:{system.organizations[int(whose[aim])]}"
    outlook.note(Finding(system.leaves[leaves[int(leaf)]], about, name_of(system, int(attackers[who])), least))


def _weigh_secret(system: System, secret: Secret, left: FloatArray, outlook: Outlook) -> None:
    """Adds a doubt for every attacker who may narrow a secret mean down. left: (n_organizations + 1,) widths."""
    known = all(system.truth[part.leaf] is not None for part in secret.parts)
    total = sum(part.share for part in secret.parts)
    own = np.zeros(len(left))
    for part in secret.parts:
        np.add.at(own, np.array(system.layouts[part.leaf].organization) + 1, part.share * part.weights)
    others = total - own
    place = np.arange(len(left))
    spared = np.isin(place - 1, list(secret.exempt))
    asked = np.flatnonzero((others > 1e-9) & (known | (place == 0)) & ~spared)
    if not len(asked):
        return
    width = left[asked] / others[asked]
    outlook.checked += len(asked)
    safe = width >= MIN_WIDTH
    if safe.any():
        best = int(np.where(safe, width, np.inf).argmin())
        attacker = name_of(system, int(asked[best]) - 1)
        outlook.note(Finding(secret.target, f"population:{secret.population}", attacker, float(width[best])))
    for who, one in zip(asked[~safe].tolist(), width[~safe].tolist(), strict=True):
        attacker = who - 1
        aim = {
            part.leaf: part.share * part.weights * (np.array(system.layouts[part.leaf].organization) != attacker)
            for part in secret.parts
        }
        about = f"population:{secret.population}"
        outlook.doubts.append(Doubt(secret.subject, about, attacker, aim, float(others[who]), 0, 0.0, one))
