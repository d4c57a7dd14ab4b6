"""Drawings of releases, kept: a release never changes, so neither does what it looks like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from server.dossiers import Dossier
from server.events import Happening
from server.pictures import Picture, trend_picture
from server.profile_pictures import importance_picture, profile_picture, sides_picture
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
    notes: tuple[str, ...]
    wide: str
    narrow: str

    def svg(self, *, narrow: bool = False) -> str:
        return self.narrow if narrow else self.wide


@dataclass(frozen=True, slots=True)
class Subject:
    """What is drawn; two subjects are one when the same text of the same releases is shown in the same language.

    happenings: what the records of the partnership say beside the releases.
    """

    key: tuple[str, ...]
    series: tuple[Release, ...] = field(compare=False)
    wording: Wording = field(compare=False)
    happenings: tuple[Happening, ...] = ()


def subject_of(dossier: Dossier, happenings: Sequence[Happening] = ()) -> Subject:
    digests = [str(release.provenance["digest"]) for release in dossier.series]
    key = (dossier.wording.language, dossier.audience, *digests)
    return Subject(key, dossier.series, dossier.wording, tuple(happenings))


def drawn(picture: Picture) -> Drawn:
    return Drawn(
        picture.title,
        picture.sentence,
        picture.header,
        picture.rows,
        picture.notes,
        wide=picture.svg(),
        narrow=picture.svg(narrow=True),
    )


@lru_cache(maxsize=1024)  # some 15 kB each; a chart costs a tenth of a second to draw and nothing to show again
def trend(subject: Subject, target: str, populations: tuple[str, ...]) -> Drawn:
    return drawn(trend_of(subject, target, populations))


def trend_of(subject: Subject, target: str, populations: tuple[str, ...]) -> Picture:
    return trend_picture(
        subject.series, target, subject.wording, populations=populations, happenings=subject.happenings
    )


@lru_cache(maxsize=512)  # the same
def profile(subject: Subject, targets: tuple[str, ...]) -> Drawn:
    """The last release of the series beside the one before it."""
    return drawn(profile_of(subject, targets))


def profile_of(subject: Subject, targets: tuple[str, ...]) -> Picture:
    before = subject.series[-2] if len(subject.series) > 1 else None
    return profile_picture(subject.series[-1], targets, subject.wording, before=before)


@lru_cache(maxsize=512)  # the same
def sides(subject: Subject, targets: tuple[str, ...]) -> Drawn:
    return drawn(sides_of(subject, targets))


def sides_of(subject: Subject, targets: tuple[str, ...]) -> Picture:
    return sides_picture(subject.series[-1], targets, subject.wording)


@lru_cache(maxsize=512)  # the same
def importance(subject: Subject, targets: tuple[str, ...]) -> Drawn | None:
    found = importance_of(subject, targets)
    return None if found is None else drawn(found)


def importance_of(subject: Subject, targets: tuple[str, ...]) -> Picture | None:
    release = latest_with_importance(subject.series)
    return None if release is None else importance_picture(release, targets, subject.wording)


def latest_with_importance(series: Sequence[Release]) -> Release | None:
    """It is asked once a year only."""
    asked = (release for release in reversed(series) if any(cell.estimate == "importance" for cell in release.cells))
    return next(asked, None)
