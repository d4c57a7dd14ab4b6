"""An attacker written apart from the audit: reads verdicts as a reader does, knows one organization's answers."""

import itertools

import numpy as np
from scipy.optimize import linprog

from analysis.disclosure import word_range

LINEAR = ("mean_of_organizations", "mean_of_people", "mean_of_sides", "share")


def read_ends(verdict):
    """What a reader takes from a verdict on a mean, None when it says nothing."""
    if verdict.state == "shown":
        return verdict.value - 0.5, verdict.value + 0.5
    return (verdict.low, verdict.high) if verdict.state == "range" else None


def person_weights(statistic, counts, sides):
    """The weight of one person of each organization in a mean."""
    if statistic in ("mean_of_people", "share"):
        return {o: 1 / sum(counts.values()) for o in counts}
    if statistic == "mean_of_organizations":
        return {o: 1 / len(counts) / n for o, n in counts.items()}
    by_side = [sides[o] for o in counts]
    return {o: 1 / len(set(by_side)) / by_side.count(sides[o]) / n for o, n in counts.items()}


def equations(numbers, verdicts, populations, structure, column):
    """Rows over every person's answer to every leaf, with their ends."""
    for one in numbers:
        ends = read_ends(verdicts[one.key]) if one.statistic in LINEAR else None
        if ends is not None:
            row = np.zeros(len(column))
            for key, sign in [(t.population, t.weight) for t in one.terms] or [(one.population, 1.0)]:
                counts = populations[key].counts
                weights = person_weights(one.statistic, counts, structure.sides)
                for leaf, share in structure.leaves(one.target).items():
                    for o, n in counts.items():
                        for p in range(n):
                            row[column[leaf, o, p]] += sign * share * weights[o]
            yield row, ends


def person_bounds(numbers, verdicts, populations, structure, leaves, attacker, aim):
    """Smallest and largest sum of some people's answers, by one program over all answers of everybody."""
    people = [(leaf, o, p) for leaf in leaves for o, n in structure.organizations.items() for p in range(n)]
    column = {one: i for i, one in enumerate(people)}
    rows = list(equations(numbers, verdicts, populations, structure, column))
    box = [(structure.answers[leaf][o][p],) * 2 if o == attacker else (0.0, 100.0) for leaf, o, p in people]
    cost = np.zeros(len(people))
    for one, weight in aim.items():
        cost[column[one]] += weight
    limits = {}
    if rows:
        matrix, ends = np.array([row for row, _ in rows]), np.array([ends for _, ends in rows])
        limits = {"A_ub": np.vstack([matrix, -matrix]), "b_ub": np.concatenate([ends[:, 1], -ends[:, 0]]) + 1e-7}
    found = [linprog(sign * cost, bounds=box, **limits) for sign in (1, -1)]
    assert all(one.status == 0 for one in found)
    return found[0].fun, -found[1].fun


def whole_answers_left(numbers, verdicts, sizes, row, step):
    """For every attacker and person, how many answers fit all that is published of one leaf: full enumeration."""
    organization = np.repeat(np.arange(len(sizes)), sizes)
    data = np.array(list(itertools.product(np.arange(0, 101, step), repeat=sum(sizes))))
    means = np.array([data[:, organization == o].mean(axis=1) for o in range(len(sizes))])
    statistics = {"mean_of_organizations": means.mean(axis=0), "mean_of_people": data.mean(axis=1)}
    fits = np.ones(len(data), dtype=bool)
    for one in numbers:
        verdict = verdicts[one.key]
        if verdict.state == "word":
            low, high = word_range(verdict.word)
            spread = data.std(axis=1, ddof=1)
            fits &= (spread >= low - 1e-9) & (spread <= high + 1e-9)
        elif one.statistic in statistics and (ends := read_ends(verdict)):
            fits &= (statistics[one.statistic] >= ends[0] - 1e-9) & (statistics[one.statistic] <= ends[1] + 1e-9)
    assert fits[(data == row).all(axis=1)].all()
    for attacker in range(-1, len(sizes)):
        own = organization == attacker
        left = data[fits & (data[:, own] == row[own]).all(axis=1)]
        for person in np.flatnonzero(~own):
            yield attacker, person, len(np.unique(left[:, person]))
