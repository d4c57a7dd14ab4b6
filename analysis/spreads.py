"""What a standard deviation beside a mean gives away, by exact enumeration of whole answers.

A linear program cannot see it: mean and SD together leave few sets of whole answers, and an organization that subtracts
its own leaves fewer. Sets of sums and sums of squares that k answers can have are kept as bits of whole numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from analysis.attack import points_needed
from analysis.disclosure import MIN_WIDTH
from analysis.estimates import Interval

MOST_ENUMERATED = 40


@lru_cache(maxsize=512)
def reachable(k: int, top: int) -> tuple[int, ...]:
    """For every sum of k whole answers of 0-top, the sums of squares that go with it, as bits of a number."""
    if k == 0:
        return (1,)
    fewer = reachable(k - 1, top)
    sums = []
    for total in range(k * top + 1):
        bits = 0
        for answer in range(max(0, total - (k - 1) * top), min(top, total) + 1):
            bits |= fewer[total - answer] << (answer * answer)
        sums.append(bits)
    return tuple(sums)


def answers_possible(k: int, top: int, windows: Sequence[tuple[int, int, int]], enough: int) -> int:
    """How many answers one of k people may have given; stops counting at `enough`.

    windows: (sum, least, most) of what the k answers may sum to and the sums of squares that go with it.
    """
    others, found = reachable(k - 1, top), 0
    middle = windows[0][0] / k if windows else 0.0
    for answer in sorted(range(top + 1), key=lambda one: abs(one - middle)):
        square = answer * answer
        for total, least, most in windows:
            rest, low = total - answer, max(least - square, 0)
            if (
                0 <= rest < len(others)
                and most >= square
                and (others[rest] >> low) & ((1 << (most - square - low + 1)) - 1)
            ):
                found += 1
                break
        if found >= enough:
            break
    return found


def spread_is_open(answers: Mapping[str, Sequence[float]], mean: Interval, variance: Interval, step: float) -> bool:
    """Whether nobody is pinned by a mean and a spread over these people, whichever organization subtracts its own.

    answers: organization -> answers in points of 100. mean, variance: what a reader knows of the mean over people, in
    points, and of the variance (divisor n - 1), in points squared. step: distance of two scale points.
    Whole answers of up to 40 others are enumerated; otherwise every person lies within m +- sqrt(Q (k - 1) / k), with
    m and Q the mean and the squared deviations left for k others (Samuelson 1968, JASA 63, 1522-1525).
    At least 3 scale points must remain for each person.
    """
    everybody = [answer for one in answers.values() for answer in one]
    top = round(100.0 / step)
    whole = all(abs(answer / step - round(answer / step)) < 1e-6 for answer in everybody)
    for own in _attackers(answers):
        if len(everybody) - len(own) < 2:
            return False
        if whole and len(everybody) - len(own) <= MOST_ENUMERATED:
            if not _enumerated(everybody, own, mean, variance, step, top):
                return False
        elif not _within_bounds(everybody, own, mean, variance, step):
            return False
    return True


def _attackers(answers: Mapping[str, Sequence[float]]) -> Iterator[tuple[float, ...]]:
    """What a reader from outside and each organization knows; who knows the same needs no second look."""
    yield from {(), *(tuple(sorted(own)) for own in answers.values())}


def _enumerated(
    everybody: Sequence[float], own: Sequence[float], mean: Interval, variance: Interval, step: float, top: int
) -> bool:
    n, known = len(everybody), [round(answer / step) for answer in own]
    known_sum, known_squares = sum(known), sum(answer * answer for answer in known)
    windows = []
    for total in range(math.ceil(n * mean.low / step - 1e-9), math.floor(n * mean.high / step + 1e-9) + 1):
        around = total * total / n - known_squares
        least = math.ceil((n - 1) * variance.low / step**2 + around - 1e-9)
        most = math.floor((n - 1) * variance.high / step**2 + around + 1e-9)
        if most >= max(least, 0) and total >= known_sum:
            windows.append((total - known_sum, max(least, 0), most))
    enough = points_needed(step)
    return answers_possible(n - len(known), top, windows, enough) >= enough


def _within_bounds(
    everybody: Sequence[float], own: Sequence[float], mean: Interval, variance: Interval, step: float
) -> bool:
    n, k = len(everybody), len(everybody) - len(own)
    centre = math.fsum(everybody) / n
    away = [answer - centre for answer in own]
    left = (n - 1) * variance.high - math.fsum(a * a for a in away) - math.fsum(away) ** 2 / k
    radius = math.sqrt(max(left, 0.0) * (k - 1) / k)
    middle = centre - math.fsum(away) / k
    slack = (mean.high - mean.low) / 2 * n / k
    low, high = max(0.0, middle - radius - slack), min(100.0, middle + radius + slack)
    points = math.floor(high / step + 1e-9) - math.ceil(low / step - 1e-9) + 1
    return high - low >= MIN_WIDTH and points >= points_needed(step)
