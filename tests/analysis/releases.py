"""Rounds as the opening hands them to disclosure control: made-up answers and every candidate number."""

import math

import numpy as np

from analysis.equations import organization_weights
from analysis.intervals import t_interval
from analysis.published import Population, Published, Structure, Term

BLOCKS = {"V": 4, "G": 4, "T": 5, "H": 7, "L": 4, "R": 7, "S": 8}


def population(code, sizes, ids=None):
    """A population of organizations o0, o1, ... with so many people."""
    names = ids or [f"o{i}" for i in range(len(sizes))]
    return Population(code, tuple((name, int(n)) for name, n in zip(names, sizes, strict=True)))


def make_structure(answers, parts=None, sides=None, step=10.0):
    """A structure around answers: leaf -> organization -> tuple of points."""
    organizations = {}
    for by_organization in answers.values():
        for organization, given in by_organization.items():
            organizations[organization] = max(len(given), organizations.get(organization, 0))
    return Structure(organizations, parts or {}, answers, sides or {}, step)


def mean_over(structure, target, who, statistic):
    """The number a candidate holds, computed from the answers of whole organizations."""
    weights = organization_weights(who, statistic, structure.sides)
    return sum(
        share * sum(w * float(np.mean(structure.answers[leaf][o])) for o, w in weights.items())
        for leaf, share in structure.leaves(target).items()
    )


def candidate(structure, target, who, statistic="mean_of_organizations", round_key="r1", key=None, value=None):
    given = mean_over(structure, target, who, statistic) if value is None else value
    return Published(key or f"{target}|{who.code}|{statistic}", target, who.code, given, statistic, round_key)


def gap(structure, target, first, second, statistic="mean_of_organizations", round_key="r1"):
    value = mean_over(structure, target, first, statistic) - mean_over(structure, target, second, statistic)
    terms = (Term(round_key, first.code, 1.0), Term(round_key, second.code, -1.0))
    return Published(f"{target}|gap|{statistic}", target, first.code, value, statistic, round_key, terms)


def standard_parts():
    parts = {f"construct:{b}": tuple((f"item:{b}{i}", 1 / k) for i in range(k)) for b, k in BLOCKS.items()}
    for headline, block in (("trust", "R"), ("transparency", "T"), ("harmonization", "H")):
        parts[f"headline:{headline}"] = ((f"construct:{block}", 1.0),)
    parts["composite"] = tuple((f"construct:{b}", 1 / len(BLOCKS)) for b in BLOCKS)
    return parts


def draw_answers(rng, sizes, leaves, level=65.0, sd=20.0, between=12.0, step=10.0):
    """Answers rounded to the scale: half the variance of a person and of an organization is the same for all leaves."""
    answers = {}
    half, people = math.sqrt(0.5), [rng.normal(0, sd, n) for n in sizes]
    lasting = rng.normal(0, between, len(sizes))
    for leaf in leaves:
        means = level + half * (lasting + rng.normal(0, between, len(sizes)))
        drawn = [
            np.clip(np.round((m + half * (own + rng.normal(0, sd, n))) / step) * step, 0, 100)
            for m, n, own in zip(means, sizes, people, strict=True)
        ]
        answers[leaf] = {f"o{i}": tuple(map(float, one)) for i, one in enumerate(drawn)}
    return answers


def typical_round(rng, sizes, *, sides=True, spreads=True, shares=True, round_key="r1", **drawn):
    """A whole release: composite, headlines, constructs and items over everybody and both sides, with companions."""
    parts = standard_parts()
    leaves = [leaf for block, k in BLOCKS.items() for leaf in (f"item:{block}{i}" for i in range(k))]
    answers = draw_answers(rng, sizes, leaves, **drawn)
    side = {f"o{i}": "national" if i < len(sizes) // 2 else "external" for i in range(len(sizes))}
    everybody = population("all", sizes)
    groups = [everybody] + [
        population(name, [n if side[f"o{i}"] == name else 0 for i, n in enumerate(sizes)])
        for name in (("national", "external") if sides else ())
    ]
    targets = ["composite", *(t for t in parts if t.startswith("headline")), *(t for t in parts if t.startswith("con"))]
    for target in targets:
        leaves_of_target = list(Structure({}, parts).leaves(target).items())
        answers[target] = {
            o: tuple(sum(w * answers[leaf][o][p] for leaf, w in leaves_of_target) for p in range(n))
            for o, n in zip(side, sizes, strict=True)
        }
    if shares:
        for leaf in leaves:
            answers[f"share:{leaf}"] = {
                o: tuple(np.where(rng.random(n) < 0.08, 100.0, 0.0)) for o, n in zip(side, sizes, strict=True)
            }
    structure = Structure(dict(zip(side, map(int, sizes), strict=True)), parts, answers, side)
    made = []
    for target in [*targets, *leaves]:
        for who in groups:
            made += [candidate(structure, target, who, round_key=round_key)]
            if target in targets[:4] and who is everybody:
                made += [candidate(structure, target, who, s, round_key) for s in ("mean_of_people", "mean_of_sides")]
            if spreads:
                made += companions(structure, target, who, round_key)
        if sides:
            made.append(gap(structure, target, *groups[1:], round_key=round_key))
    if shares:
        made += [candidate(structure, f"share:{leaf}", who, "share", round_key) for leaf in leaves for who in groups]
    return made, {who.code: who for who in groups}, structure


def companions(structure, target, who, round_key):
    """Spread, agreement and interval of one mean."""
    given = [x for o, n in who.counts.items() for x in structure.answers[target][o][:n]]
    means = [float(np.mean(structure.answers[target][o])) for o in who.counts]
    sd = float(np.std(given, ddof=1)) if len(given) > 1 else math.nan
    half = t_interval(np.array(means))
    values = {"spread": sd, "agreement": 100 - sd**2 / 10, "interval": (half.high - half.low) / 2}
    return [Published(f"{target}|{who.code}|{s}", target, who.code, value, s, round_key) for s, value in values.items()]
