"""A list of people as somebody writes it: lines or the rows of a workbook -> people, or every fault with its place."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from openpyxl.utils import get_column_letter

from server.languages import LANGUAGES, is_readable
from surveys.contacts import Named, name_key
from surveys.models import Contact, Invitation, Organization
from surveys.rounds import Invitee

Gettext = Callable[[str], str]
COLUMNS = ("person", "email", "organization", "language", "function")
HEADINGS = {
    "person": ("person", "name", "nom", "personne", "ឈ្មោះ"),
    "email": ("email", "e-mail", "mail", "courriel", "អ៊ីមែល"),
    "organization": ("organization", "organisation", "partner", "partenaire", "អង្គការ", "ស្ថាប័ន"),
    "language": ("language", "langue", "ភាសា"),
    "function": ("function", "office", "role", "fonction", "poste", "តួនាទី", "មុខងារ"),
}
LONGEST_LIST, LONGEST_NAME, LONGEST_ADDRESS = 1000, 200, 320
# One address and nothing that a mail header or a page would read as more: no spaces, brackets, quotes, commas
ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"]+@[^\s@<>()\[\]\\,;:\".]+(\.[^\s@<>()\[\]\\,;:\".]+)+")


Row = tuple[int, list[str]]  # the number of a line or row, and its cells


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong on which line; in a workbook also in which cell."""

    line: int
    sentence: str
    cell: str = ""


class UnreadableFile(ValueError):
    """A file that is not text in a known encoding."""


def decode(content: bytes) -> str:
    """Text of a CSV file: UTF-8, or UTF-16 as spreadsheet programs save "Unicode text"."""
    try:
        return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as problem:
        raise UnreadableFile from problem


def is_address(text: str) -> bool:
    return len(text) <= LONGEST_ADDRESS and text.isprintable() and "=?" not in text and bool(ADDRESS.fullmatch(text))


def read_list(
    rows: Iterable[Row], members: Sequence[Organization], _: Gettext, *, is_workbook: bool = False
) -> tuple[list[Invitee], list[Fault]]:
    """Everybody on an invitation list, and what is wrong with it; with a fault nothing should be saved."""
    named, faults = read_named(rows, members, _, is_workbook=is_workbook)
    return [Invitee(one.person, one.email, one.organization_id, one.language) for one in named], faults


def read_named(
    rows: Iterable[Row], members: Sequence[Organization], _: Gettext, *, is_workbook: bool = False
) -> tuple[list[Named], list[Fault]]:
    """Everybody in a list of contacts, and what is wrong with it."""
    known = {name: organization for organization in members for name in _names_of(organization)}
    named: list[Named] = []
    faults: list[Fault] = []
    seen = Seen()
    try:
        lines = list(islice(_ordered(rows), LONGEST_LIST + 1))
    except csv.Error:  # a cell longer than any list
        return [], [Fault(1, _("this text cannot be read as a list"))]
    if len(lines) > LONGEST_LIST:
        return [], [Fault(lines[-1].number, _("a list has at most {count} lines").format(count=LONGEST_LIST))]
    for line in lines:
        column, sentence = _fault_of(line.cells, known, seen, _)
        if sentence:
            faults.append(Fault(line.number, sentence, line.cell(column) if is_workbook else ""))
            continue
        cells = line.cells
        organization = known[name_key(cells["organization"])]
        seen.note(line.number, cells, organization)
        language = cells["language"] or "en"
        named.append(Named(cells["person"], cells["email"], organization.id, cells["function"], language))
    return named, faults


@dataclass(frozen=True, slots=True)
class Line:
    """One person as written: the cells by what they are, and where each stands."""

    number: int
    cells: dict[str, str]
    order: Sequence[str]

    def cell(self, column: str) -> str:
        """As a workbook names it: B7."""
        place = self.order.index(column) if column in self.order else 0
        return f"{get_column_letter(place + 1)}{self.number}"


@dataclass(frozen=True, slots=True)
class Seen:
    """Who stands on the lines before: by address, and by name and organization, there with and without an address."""

    addresses: dict[str, int] = field(default_factory=dict)
    names: dict[tuple[UUID, str], int] = field(default_factory=dict)
    without: dict[tuple[UUID, str], int] = field(default_factory=dict)

    def note(self, line: int, cells: dict[str, str], organization: Organization) -> None:
        place = organization.id, name_key(cells["person"])
        self.names[place] = line
        if cells["email"]:
            self.addresses[cells["email"].casefold()] = line
        else:
            self.without[place] = line

    def indistinct_from(self, cells: dict[str, str], organization: Organization) -> int:
        """The line of somebody whom nobody could tell from this person; 0 where there is none."""
        return (self.without if cells["email"] else self.names).get((organization.id, name_key(cells["person"])), 0)


def _fault_of(cells: dict[str, str], known: dict[str, Organization], seen: Seen, _: Gettext) -> tuple[str, str]:
    """The column and what is wrong there; two empty words where all is well."""
    person, email, organization, language, function = (cells[name] for name in COLUMNS)
    if not (person and organization):
        return "organization" if person else "person", _(
            "a person and an organization are needed; for a person without an e-mail address leave its place empty"
        )
    if len(person) > LONGEST_NAME or not is_readable(person):
        return "person", _("the name of the person is too long or holds signs that cannot be printed")
    if email and not is_address(email):
        return "email", _("“{text}” is not an e-mail address").format(text=email[:80])
    if email.casefold() in seen.addresses:
        return "email", _("this address stands on line {line} already").format(line=seen.addresses[email.casefold()])
    if name_key(organization) not in known:
        return "organization", _("“{text}” is not a partner of this partnership").format(text=organization[:80])
    if other := seen.indistinct_from(cells, known[name_key(organization)]):
        return "person", _(
            "line {line} names a person of this name in this organization, and one of them has no e-mail address: "
            "write beside the name what tells them apart, such as the office"
        ).format(line=other)
    if language and language not in LANGUAGES:
        return "language", _("“{text}” is not one of the languages {languages}").format(
            text=language[:20], languages=", ".join(LANGUAGES)
        )
    if len(function) > LONGEST_NAME or not is_readable(function):
        return "function", _("the office is too long or holds signs that cannot be printed")
    return "", ""


def lines_of(text: str) -> Iterator[Row]:
    """Each line of a text with its number and its cells, whatever separates them."""
    beginning = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = next((sign for sign in "\t;," if sign in beginning), ",")
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter, skipinitialspace=True)
    for row in reader:
        yield reader.line_num, row


def _ordered(rows: Iterable[Row]) -> Iterator[Line]:
    """Each person's line; a first line of headings may change the order of the columns."""
    order: Sequence[str] = COLUMNS
    is_first = True
    for number, row in rows:
        cells = [" ".join(cell.split()) for cell in row]
        if not any(cells):
            continue
        if is_first and (named := _headings(cells)):
            order, is_first = named, False
            continue
        is_first = False
        filled = dict(zip(order, [*cells, "", "", "", "", ""], strict=False))
        whole = {name: filled.get(name, "") for name in COLUMNS}
        yield Line(number, whole | {"language": whole["language"].lower()}, order)


def _headings(cells: Sequence[str]) -> list[str] | None:
    meant = [next((name for name, words in HEADINGS.items() if name_key(cell) in words), "") for cell in cells]
    is_whole = "email" in meant or all(name for cell, name in zip(cells, meant, strict=True) if cell)
    # a column nobody knows may be the one of the addresses: then these are no headings, and the line is refused
    return meant if {"person", "organization"} <= set(meant) and is_whole else None


def _names_of(organization: Organization) -> list[str]:
    names = (organization.name, organization.short_name, *(organization.names or {}).values())
    return [name_key(name) for name in names if name]


def write_list(people: Iterable[Invitation | Contact], names: dict[str, str]) -> str:
    """The list as it can be changed and pasted again."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=";", lineterminator="\n")
    for one in people:
        writer.writerow((one.person, one.email or "", names[str(one.organization_id)], one.language))
    return file.getvalue()
