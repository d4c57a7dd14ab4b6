"""The programme at a glance: what the latest release of every partnership says, kept by the digests behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from server.dossiers import UNASKED, Instruments, instruments_of
from server.languages import format_day
from server.reading import attention, glance, headline_targets, index_lines, response_words
from server.wording import Wording
from surveys.overviews import digests_of, leading_cells
from surveys.releases import Release

MOST = 8192  # glances, some four kilobytes each
Key = tuple[str, ...]  # language and the digests of a series: they name everything a glance says


@dataclass(frozen=True, slots=True)
class GlanceLine:
    """One headline index: a small drawing of its series, its level, and what may be said of its change."""

    name: str
    level: str
    change: str
    drawing: str


@dataclass(frozen=True, slots=True)
class Glance:
    """What everybody with a seat may read of a partnership's releases."""

    lines: tuple[GlanceLine, ...]
    response: str
    last: str
    attention: tuple[str, ...]


_kept: dict[Key, Glance] = {}


def glances(session: Session, partnership_ids: Sequence[UUID], language: str) -> dict[UUID, Glance]:
    """A glance for each partnership, with one question to the database where all of them were seen before."""
    found = digests_of(session, partnership_ids)
    keys: dict[UUID, Key] = {one: (language, *found.get(one, ())) for one in partnership_ids}
    missing = {key for key in keys.values() if key not in _kept}
    if len(_kept) + len(missing) > MOST:
        _kept.clear()
        missing = set(keys.values())
    made = dict(_made(session, sorted(missing), language)) if missing else {}
    _kept.update(made)
    return {one: made.get(key) or _kept[key] for one, key in keys.items()}


def _made(session: Session, keys: Sequence[Key], language: str) -> Iterator[tuple[Key, Glance]]:
    digests = sorted({digest for key in keys for digest in key[1:]})
    thin = dict(leading_cells(session, digests))
    instruments = instruments_of(session, thin.values())
    for key in keys:
        yield key, _glance([thin[digest] for digest in key[1:]], instruments, language)


def _glance(series: Sequence[Release], instruments: Instruments, language: str) -> Glance:
    if not series:
        return Glance((), "", Wording(language, UNASKED)._("No round has been released yet."), ())
    last = series[-1]
    wording = Wording(language, instruments[last.instrument, last.instrument_version], last.partners)
    return Glance(
        lines=tuple(_lines(series, wording)),
        response=response_words(last, wording),
        last=last_words(series, wording),
        attention=attention(last, 0, wording),
    )


def _lines(series: Sequence[Release], wording: Wording) -> Iterator[GlanceLine]:
    for line in index_lines(series[-1], headline_targets(wording), wording):
        yield GlanceLine(line.name, line.level, line.change, glance(series, line.target, wording))


def last_words(series: Sequence[Release], wording: Wording) -> str:
    if not series:
        return wording._("No round has been released yet.")
    said = wording._("{round}, answers until {day}")
    return said.format(
        round=wording.label(series[-1].round_label), day=format_day(series[-1].closed_on, wording.language)
    )
