"""What one reader takes away: the releases a seat may see, as one file of one kind. Composes `server.exchange`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal
from uuid import UUID

from sqlmodel import Session
from starlette.responses import Response

from server.csv_files import csv_pieces, download
from server.deps import audience_of
from server.dossiers import UNASKED, Dossier, Instruments, instruments_of
from server.exchange.codebook import CodeLine, codebook
from server.exchange.json_out import document, rows_json, to_json
from server.exchange.statistics_out import to_statistics
from server.exchange.tidy import Sheaf, TidyRow, What, tidy_rows
from server.exchange.xlsx_out import to_xlsx
from server.languages import translator
from server.wording import Wording
from surveys import accounts, main_numbers
from surveys.models import Account, Partnership
from surveys.releases import Release

Suffix = Literal["csv", "xlsx", "sav", "dta", "json"]
SUFFIXES: tuple[Suffix, ...] = ("csv", "xlsx", "sav", "dta", "json")
LONG_AGO = date(2000, 1, 1)  # dates a file without a release
MEDIA: Mapping[Suffix, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "sav": "application/x-spss-sav",
    "dta": "application/x-stata-dta",
    "json": "application/json",
}


@dataclass(frozen=True)
class Export:
    """One table somebody asked for. number: of the release, where it is one."""

    name: str
    title: str
    sheaves: tuple[Sheaf, ...]
    wording: Wording
    what: What = "all"
    number: int | None = None

    @cached_property
    def rows(self) -> tuple[TidyRow, ...]:
        return tuple(row for sheaf in self.sheaves for row in tidy_rows(sheaf, self.what))

    @cached_property
    def codes(self) -> tuple[CodeLine, ...]:
        return codebook(self.rows, self.sheaves, self.wording)

    @property
    def on(self) -> date:
        """The day of the latest release within: files are dated by it, so that they do not change by the hour."""
        return max((row.closed_on for row in self.rows), default=LONG_AGO)


def sheaf_of(dossier: Dossier, number: int | None = None) -> Sheaf:
    """The releases of a dossier with the words of the questionnaire each round was asked with."""
    wordings = wordings_of(dossier.series, dossier.instruments, dossier.wording.language)
    wanted = None if number is None else frozenset({number})
    return Sheaf(dossier.partnership.code, dossier.series, wordings, wanted)


def wordings_of(series: Sequence[Release], instruments: Instruments, language: str) -> list[Wording]:
    """One for all rounds asked alike: names are looked up once for each."""
    known: dict[object, Wording] = {}
    found = []
    for release in series:
        key = (release.instrument, release.instrument_version)
        named = tuple((one.id, one.name) for one in release.partners)
        made = known.get((key, named)) or Wording(language, instruments[key], release.partners)
        found.append(known.setdefault((key, named), made))
    return found


def programme_of(session: Session, account: Account, language: str) -> Export:
    """Levels and changes of the indices of every partnership with a seat, each as that seat may see it."""
    audiences = {key: audience_of(seat) for key, seat in accounts.seats_of(session, account).items()}
    return main_export(session, accounts.partnerships_of(session, account), audiences, language)


def main_export(
    session: Session, several: Sequence[Partnership], audiences: Mapping[UUID, str], language: str
) -> Export:
    """The main numbers of these partnerships, each for its audience."""
    several = sorted(several, key=lambda one: one.code)
    found = main_numbers.series_of_many(session, {one.id: audiences[one.id] for one in several})
    instruments = instruments_of(session, (release for series in found.values() for release in series))
    sheaves = tuple(
        Sheaf(one.code, found[one.id], wordings_of(found[one.id], instruments, language)) for one in several
    )
    title = translator(language).gettext("All partnerships")
    return Export("programme", title, sheaves, Wording(language, UNASKED), what="main")


def respond(export: Export, suffix: Suffix) -> Response:
    """The file, streamed where its kind allows."""
    return download(WRITERS[suffix](export), f"{export.name}.{suffix}", MEDIA[suffix])


def codebook_file(export: Export) -> Response:
    rows = ((one.column, one.code, one.text) for one in export.codes)
    pieces = csv_pieces(("column", "code", "text"), rows)
    return download(pieces, f"{export.name} codebook.csv", MEDIA["csv"])


def _csv(export: Export) -> Iterator[bytes]:
    return csv_pieces(TidyRow._fields, (_with_day(row) for row in export.rows))


def _with_day(row: TidyRow) -> Sequence[str | int | float | None]:
    return [value.isoformat() if isinstance(value, date) else value for value in row]


def _xlsx(export: Export) -> bytes:
    sheets = (export.wording._("Data"), export.wording._("Codebook"))
    return to_xlsx(export.rows, export.codes, title=export.title, on=export.on, sheets=sheets)


def _sav(export: Export) -> bytes:
    return to_statistics(export.rows, export.wording, "sav", title=export.title, on=export.on)


def _dta(export: Export) -> bytes:
    return to_statistics(export.rows, export.wording, "dta", title=export.title, on=export.on)


def _json(export: Export) -> bytes | Iterator[bytes]:
    if export.number is not None:
        return to_json(document(export.sheaves[0], export.number))
    return rows_json(export.rows, export.codes)


WRITERS: Mapping[Suffix, Callable[[Export], bytes | Iterator[bytes]]] = {
    "csv": _csv,
    "xlsx": _xlsx,
    "sav": _sav,
    "dta": _dta,
    "json": _json,
}
