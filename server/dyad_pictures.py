"""The matrix and the network of signed positions, drawn only where they are open to all partners; kept like charts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from analysis.drawing import Size
from analysis.estimates import FloatArray
from analysis.network import heat_map, network
from server.drawings import Drawn, Subject, drawn
from server.dyad_reading import Dyads
from server.pictures import Picture
from server.wording import Wording
from surveys.releases import Partner

NAMES = ("matrix", "lenders", "network")
NARROW_NETWORK = Size(360, 340, 11)


@lru_cache(maxsize=256)  # like the other drawings
def pictures(subject: Subject) -> tuple[tuple[str, Drawn], ...]:
    """Name of the file and drawing, of the last release of the series."""
    found = ((name, picture_of(subject, name)) for name in NAMES)
    return tuple((name, drawn(picture)) for name, picture in found if picture is not None)


def picture_of(subject: Subject, name: str) -> Picture | None:
    dyads = Dyads(subject.series[-1], subject.wording)
    if not dyads.may_be_drawn:
        return None
    if name == "network":
        return _network(dyads)
    partners = dyads.lenders() if name == "lenders" else dyads.partners
    return _matrix(dyads, partners, is_part=name == "lenders") if partners else None


def _matrix(dyads: Dyads, partners: Sequence[Partner], *, is_part: bool) -> Picture:
    wording, trust = dyads.wording, dyads.matrix(partners)
    names, numbers = _names(partners, wording), [str(at) for at in range(1, len(partners) + 1)]
    of, rated = wording._("trust of"), wording._("in")
    side = 28 if len(partners) <= 9 else 22
    narrow = Size(80 + side * len(partners), 120 + side * len(partners), 10)
    title = (
        wording._("Lending, UN and bilateral agencies among themselves") if is_part else wording._("Who trusts whom")
    )
    return Picture(
        title=title,
        sentence=wording._(
            "Trust of each partner in each other one, in points from 0 to 100; empty where none was given."
        ),
        header=(wording._("From → about"), *names),
        rows=tuple(_rows(names, trust)),
        wide=heat_map(trust, names, rater_title=of, rated_title=rated),
        narrow=heat_map(trust, numbers, rater_title=of, rated_title=rated, size=narrow, left=44.0),
        notes=tuple(f"{number}. {name}" for number, name in zip(numbers, names, strict=True)),
    )


def _rows(names: Sequence[str], trust: FloatArray) -> list[tuple[str, ...]]:
    return [
        (name, *("" if math.isnan(one) else f"{one:.0f}" for one in row))
        for name, row in zip(names, trust, strict=True)
    ]


def _network(dyads: Dyads) -> Picture:
    wording, trust = dyads.wording, dyads.matrix(dyads.partners)
    names = _names(dyads.partners, wording)
    numbers = [str(at) for at in range(1, len(names) + 1)]
    sides = [wording.population(one.side) for one in dyads.partners]
    return Picture(
        title=wording._("The network of trust"),
        sentence=wording._(
            "A thicker line is more mutual trust: the lower of the two positions of a pair. Round and square marks are "
            "the two sides; a dashed line is a pair of which one position is missing."
        ),
        header=(wording._("From → about"), *names),
        rows=tuple(_rows(names, trust)),
        wide=network(trust, names, sides),
        narrow=network(trust, numbers, sides, size=NARROW_NETWORK),
        notes=tuple(f"{number}. {name}" for number, name in zip(numbers, names, strict=True)),
    )


def _names(partners: Sequence[Partner], wording: Wording) -> list[str]:
    return [wording.partner(one.id) for one in partners]
