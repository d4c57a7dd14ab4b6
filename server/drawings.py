"""Drawings of releases, kept: a release never changes, so neither does what it looks like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from server import reading
from server.dossiers import Dossier
from server.pictures import Picture, profile_picture, trend_picture
from server.wording import Wording
from surveys.releases import Release

SIDES = ("national", "external")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture as a page shows it; what brief/_picture.html relies on."""

    title: str
    sentence: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    wide: str
    narrow: str

    def svg(self, *, narrow: bool = False) -> str:
        return self.narrow if narrow else self.wide


@dataclass(frozen=True, slots=True)
class Subject:
    """What is drawn; two subjects are one when the same text of the same releases is shown in the same language."""

    key: tuple[str, ...]
    series: tuple[Release, ...] = field(compare=False)
    wording: Wording = field(compare=False)


def subject_of(dossier: Dossier, series: Sequence[Release] | None = None) -> Subject:
    shown = dossier.series if series is None else tuple(series)
    digests = [str(release.provenance["digest"]) for release in shown]
    return Subject((dossier.wording.language, dossier.audience, *digests), shown, dossier.wording)


def _drawn(picture: Picture) -> Drawn:
    return Drawn(
        picture.title,
        picture.sentence,
        picture.header,
        picture.rows,
        wide=picture.svg(),
        narrow=picture.svg(narrow=True),
    )


@lru_cache(maxsize=1024)  # some 15 kB each; a chart costs a tenth of a second to draw and nothing to show again
def trend(subject: Subject, target: str, populations: tuple[str, ...]) -> Drawn:
    return _drawn(trend_picture(subject.series, target, subject.wording, populations=populations))


@lru_cache(maxsize=512)  # the same
def profile(subject: Subject, targets: tuple[str, ...]) -> Drawn:
    """The last release of the series beside the one before it."""
    before = subject.series[-2] if len(subject.series) > 1 else None
    return _drawn(profile_picture(subject.series[-1], targets, subject.wording, before=before))


@lru_cache(maxsize=512)  # the same
def sides(subject: Subject, targets: tuple[str, ...]) -> Drawn:
    return _drawn(profile_picture(subject.series[-1], targets, subject.wording, sides=True))


@lru_cache(maxsize=1024)  # the same
def glance(subject: Subject, target: str) -> str:
    return reading.glance(subject.series, target, subject.wording)
