"""An invitation list as people write it: pasted lines or a CSV file -> invitees, or every fault with its line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from server.languages import LANGUAGES, is_readable
from surveys.models import Invitation, Organization
from surveys.rounds import Invitee

Gettext = Callable[[str], str]
COLUMNS = ("person", "email", "organization", "language")
HEADINGS = {
    "person": ("person", "name", "nom", "personne", "ឈ្មោះ"),
    "email": ("email", "e-mail", "mail", "courriel", "អ៊ីមែល"),
    "organization": ("organization", "organisation", "partner", "partenaire", "អង្គការ", "ស្ថាប័ន"),
    "language": ("language", "langue", "ភាសា"),
}
LONGEST_LIST, LONGEST_NAME, LONGEST_ADDRESS = 1000, 200, 320
# One address and nothing that a mail header or a page would read as more: no spaces, brackets, quotes, commas
ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"]+@[^\s@<>()\[\]\\,;:\".]+(\.[^\s@<>()\[\]\\,;:\".]+)+")


@dataclass(frozen=True, slots=True)
class Fault:
    line: int
    sentence: str


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


def read_list(text: str, members: Sequence[Organization], _: Gettext) -> tuple[list[Invitee], list[Fault]]:
    """Everybody on the list, and what is wrong with it; with a fault nothing should be saved."""
    known = {name: organization for organization in members for name in _names_of(organization)}
    invitees: list[Invitee] = []
    faults: list[Fault] = []
    seen: dict[str, int] = {}
    try:
        lines = list(islice(_lines(text), LONGEST_LIST + 1))
    except csv.Error:  # a cell longer than any list
        return [], [Fault(1, _("this text cannot be read as a list"))]
    if len(lines) > LONGEST_LIST:
        return [], [Fault(lines[-1][0], _("a list has at most {count} lines").format(count=LONGEST_LIST))]
    for line, cells in lines:
        if sentence := _fault_of(cells, known, seen, _):
            faults.append(Fault(line, sentence))
            continue
        seen[cells["email"].casefold()] = line
        organization = known[_key(cells["organization"])]
        invitees.append(Invitee(cells["person"], cells["email"], organization.id, cells["language"] or "en"))
    return invitees, faults


def _fault_of(cells: dict[str, str], known: dict[str, Organization], seen: dict[str, int], _: Gettext) -> str:
    person, email, organization, language = (cells[name] for name in COLUMNS)
    if not (person and email and organization):
        return _("three things are needed: person, e-mail address, organization; then, if you wish, the language")
    if len(person) > LONGEST_NAME or not is_readable(person):
        return _("the name of the person is too long or holds signs that cannot be printed")
    if not is_address(email):
        return _("“{text}” is not an e-mail address").format(text=email[:80])
    if email.casefold() in seen:
        return _("this address stands on line {line} already").format(line=seen[email.casefold()])
    if _key(organization) not in known:
        return _("“{text}” is not a partner of this partnership").format(text=organization[:80])
    if language and language not in LANGUAGES:
        return _("“{text}” is not one of the languages {languages}").format(
            text=language[:20], languages=", ".join(LANGUAGES)
        )
    return ""


def _lines(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Each line with its number and its four cells; a first line of headings may change their order."""
    beginning = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = next((sign for sign in "\t;," if sign in beginning), ",")
    order: Sequence[str] = COLUMNS
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter, skipinitialspace=True)
    for place, row in enumerate(reader):
        cells = [" ".join(cell.split()) for cell in row]
        if not any(cells):
            continue
        if place == 0 and (named := _headings(cells)):
            order = named
            continue
        filled = dict(zip(order, [*cells, "", "", "", ""], strict=False))
        yield (
            reader.line_num,
            {name: filled.get(name, "") for name in COLUMNS} | {"language": filled.get("language", "").lower()},
        )


def _headings(cells: Sequence[str]) -> list[str] | None:
    meant = [next((name for name, words in HEADINGS.items() if _key(cell) in words), "") for cell in cells]
    return meant if {"person", "email", "organization"} <= set(meant) else None


def _names_of(organization: Organization) -> list[str]:
    names = (organization.name, organization.short_name, *(organization.names or {}).values())
    return [_key(name) for name in names if name]


def _key(text: str) -> str:
    """For comparing names: without case, doubled spaces and the invisible ones of Khmer."""
    return " ".join(text.replace("\u200b", "").split()).casefold()


def write_list(invitations: Iterable[Invitation], names: dict[str, str]) -> str:
    """The list as it can be changed and pasted again."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=";", lineterminator="\n")
    for one in invitations:
        writer.writerow((one.person, one.email, names[str(one.organization_id)], one.language))
    return file.getvalue()
