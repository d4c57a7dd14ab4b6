"""The sheets of an XLSForm as tables of text that know their cells. Limits come before anything is looked at."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any
from zipfile import ZipFile

from server.exchange.workbook import text_of
from server.exchange.xlsform_words import LABEL, language_of
from server.languages import is_readable
from server.wording import N_
from surveys.instruments import Texts

Gettext = Callable[[str], str]
UNPACKED, MOST_ROWS, MOST_COLUMNS, LONGEST = 20_000_000, 2_000, 80, 1_000
MOST_FAULTS = 100
SPACES = re.compile("[\u00a0\u202f\t]")  # French writes with spaces that do not break
SHEETS = ("survey", "choices", "settings", "headlines", "scales", "retired")
PLAIN = (
    *("type", "name", "label", "hint", "guidance_hint", "required", "required_message", "relevant", "relevance"),
    *(
        "constraint",
        "constraint_message",
        "calculation",
        "appearance",
        "parameters",
        "default",
        "read_only",
        "readonly",
    ),
    *("choice_filter", "repeat_count", "trigger", "media", "image", "audio", "video", "big-image", "note", "order"),
    *("list_name", "list name", "code", "constructs", "scale", "low", "high", "low_label", "high_label", "whole"),
    *(
        "form_title",
        "form_id",
        "version",
        "default_language",
        "style",
        "instance_name",
        "public_key",
        "item",
        "construct",
    ),
    *("submission_url", "allow_choice_duplicates", "id_string", "title", "namespaces", "auto_send", "auto_delete"),
    *("body", "bind", "instance", "display", "save_to", "disabled", "caption", "value"),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and in which cell."""

    where: str
    sentence: str


@dataclass
class Findings:
    """Faults, which refuse the form, and notes on what was left out of it. Both are for whoever sent it."""

    gettext: Gettext
    faults: list[Fault] = field(default_factory=list)
    notes: list[Fault] = field(default_factory=list)

    def fault(self, where: str, sentence: str, /, **named: object) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(where, self.gettext(sentence).format(**named)))

    def note(self, where: str, sentence: str, /, **named: object) -> None:
        said = Fault(where, self.gettext(sentence).format(**named))
        if len(self.notes) < MOST_FAULTS and said.sentence not in {one.sentence for one in self.notes}:
            self.notes.append(said)


@dataclass(frozen=True, slots=True)
class Line:
    """One row: cells by column, and where they stand."""

    sheet: str
    number: int
    cells: dict[str, str]
    letters: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, "")

    def at(self, column: str) -> str:
        """The address of a cell; of the row where the column is not there."""
        several = (letter for name, letter in self.letters.items() if name.startswith(f"{column}::"))
        return f"{self.sheet}!{self.letters.get(column) or next(several, 'A')}{self.number}"

    def texts(self, column: str) -> Texts:
        """Language -> text, of a column in several languages."""
        begin = f"{column}::"
        return {name.removeprefix(begin): text for name, text in self.cells.items() if name.startswith(begin)}


def read_sheets(content: bytes, findings: Findings) -> dict[str, list[Line]]:
    """Name of a sheet -> its rows. Empty with a fault where the file is no workbook, or too large."""
    try:
        return _read_sheets(content, findings)
    except Exception:  # a damaged workbook makes its readers raise whatever they stumble over
        findings.fault("", N_("This is no workbook that can be read. Save the form as .xlsx and send it again."))
        return {}


def _read_sheets(content: bytes, findings: Findings) -> dict[str, list[Line]]:
    import openpyxl

    with ZipFile(io.BytesIO(content)) as packed:
        if sum(part.file_size for part in packed.infolist()) > UNPACKED:
            findings.fault("", N_("The workbook is too large. A questionnaire needs a few hundred rows."))
            return {}
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    names = {name.strip().casefold(): name for name in book.sheetnames}
    if "survey" not in names:
        near = get_close_matches("survey", list(names), n=1)
        hint = f" ({names[near[0]]})" if near else ""
        findings.fault("", N_("There is no sheet called “survey”{hint}: an XLSForm begins with it."), hint=hint)
        return {}
    default = _default_language(book, names)
    return {name: _lines(book[names[name]], name, default, findings) for name in SHEETS if name in names}


def _default_language(book: Any, names: dict[str, str]) -> str:
    """The language of columns that name none."""
    if "settings" not in names:
        return "en"
    rows = list(_rows(book[names["settings"]], 2))
    if len(rows) < 2:
        return "en"
    cells = dict(zip((text.strip().casefold() for text in rows[0]), rows[1], strict=False))
    return language_of(cells.get("default_language", "")) or "en"


def _rows(sheet: Any, most: int) -> Iterator[list[str]]:
    sheet.reset_dimensions()
    for at, row in enumerate(sheet.iter_rows(values_only=True)):
        if at >= most:
            return
        yield [text_of(value) for value in row[:MOST_COLUMNS]]


def _lines(sheet: Any, name: str, default: str, findings: Findings) -> list[Line]:
    rows = _rows(sheet, MOST_ROWS + 2)
    header = _header(next(rows, []), name, default, findings)
    letters = {column: _letter(place) for place, column in header.items()}
    found = []
    for number, row in enumerate(rows, start=2):
        if number > MOST_ROWS:
            findings.fault(f"{name}!A{number}", N_("The sheet has more than {count} rows."), count=MOST_ROWS)
            return []
        cells = {column: _clean(row[place]) for place, column in header.items() if place < len(row)}
        line = Line(name, number, {column: text for column, text in cells.items() if text}, letters)
        if line.cells:
            _check(line, findings)
            found.append(line)
    return found


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace("_x000D_", "").strip()


def _check(line: Line, findings: Findings) -> None:
    for column, text in line.cells.items():
        if len(text) > LONGEST:
            findings.fault(
                line.at(column),
                N_("The text has {n} characters; at most {most} can be shown."),
                n=len(text),
                most=LONGEST,
            )
        elif not all(is_readable(part) for part in SPACES.sub(" ", text).split("\n")):
            findings.fault(line.at(column), N_("The text holds signs that cannot be shown."))


def _header(row: list[str], sheet: str, default: str, findings: Findings) -> dict[int, str]:
    """Place -> column, with the language as a code: `label::en`. Unknown columns are noted and left out."""
    found: dict[int, str] = {}
    for place, text in enumerate(row):
        if not text.strip():
            continue
        column = _column(text, default)
        where = f"{sheet}!{_letter(place)}1"
        if column is None:
            near = get_close_matches(text.strip().casefold(), PLAIN, n=1, cutoff=0.8)
            if near:
                findings.fault(
                    where, N_("The column “{name}” is not known; did you mean “{near}”?"), name=text, near=near[0]
                )
            else:
                findings.note(where, N_("The column “{name}” is not known and was left out."), name=text)
        elif column in found.values():
            findings.fault(where, N_("Two columns are called “{name}”."), name=text)
        else:
            found[place] = column
    return found


def _column(text: str, default: str) -> str | None:
    plain = text.strip()
    if plain.casefold().startswith("rapport_"):
        begin, _, language = plain.partition("::")
        return begin.casefold() + (f"::{language_of(language)}" if language else "")
    found = LABEL.fullmatch(plain.replace("media::", "media").replace("list name", "list_name"))
    named = found["column"].casefold() if found else plain.casefold()
    if named not in PLAIN and not named.startswith("media"):
        return None
    if named in ("label", "hint", "low_label", "high_label"):
        language = language_of(found["language"]) if found and found["language"] else default
        return f"{named}::{language}" if language else None
    return named if not (found and found["language"]) else f"{named}::{found['language']}"


def _letter(place: int) -> str:
    """0 -> A, 26 -> AA."""
    text = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        text = chr(65 + rest) + text
    return text
