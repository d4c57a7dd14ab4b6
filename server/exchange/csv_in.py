"""Answers from wide CSV files, one row per respondent and round: all or nothing, faults with line and column."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np

from analysis.estimates import BoolArray, FloatArray, IntArray
from server.exchange.columns import (
    CANNOT_JUDGE,
    PREFER_NOT,
    Names,
    Scores,
    dates_of,
    names_of,
    rounds_of,
    scores_of,
    sorted_names,
    words_of,
)
from server.exchange.faults import LISTED, Faults, quoted
from server.exchange.headers import check_header, refuse_unknown
from server.exchange.sheet import Piece, Progress, Sheet, opened, silent
from surveys.instruments import Instrument
from surveys.models.partnerships import EXTERNAL_KINDS, NATIONAL_KINDS

REQUIRED = ("partnership", "organization", "round", "respondent")
OPTIONAL = ("side", "closed_on", "kind", "language")
SIDES = ("national", "external")
K = TypeVar("K")
V = TypeVar("V")
EVERY_LINE = "(line)"  # `respondent = "(line)"` in a mapping: every line is another person


@dataclass(frozen=True)
class AnswerTable:
    """A whole file of answers as arrays, sorted by partnership, round and organization.

    partnership, organization: (n,) places in the sorted names; round, respondent: (n,). answers: (n, k) scale points,
    items in the instrument's order, NaN where there is none. closed_on: (partnership, round) -> day, where stated.
    kinds, sides: place of the organization -> what the file says of it.
    """

    instrument: Instrument
    partnerships: tuple[str, ...]
    organizations: tuple[str, ...]
    partnership: IntArray
    round: IntArray
    organization: IntArray
    respondent: IntArray
    answers: FloatArray
    cannot_judge: BoolArray
    prefer_not: BoolArray
    language: IntArray
    languages: tuple[str, ...]
    closed_on: Mapping[tuple[int, int], date]
    kinds: Mapping[int, str]
    sides: Mapping[int, str]
    notes: tuple[str, ...] = ()


@dataclass
class _Gathered:
    """What was read so far."""

    partnerships: Names = field(default_factory=Names)
    organizations: Names = field(default_factory=Names)
    respondents: Names = field(default_factory=Names)
    languages: list[str] = field(default_factory=lambda: [""])
    codes: list[IntArray] = field(default_factory=list)  # (m, 6): partnership, round, organization, respondent, ...
    answers: list[FloatArray] = field(default_factory=list)
    closed_on: dict[tuple[int, int], tuple[date, int]] = field(default_factory=dict)  # with the line that said it
    kinds: dict[int, tuple[str, int]] = field(default_factory=dict)
    sides: dict[int, tuple[str, int]] = field(default_factory=dict)


def read_answers(
    path: Path,
    instrument: Instrument,
    mapping: Mapping[str, str] | None = None,
    *,
    partnerships: Collection[str] | None = None,
    outcome: str = "nothing was read",
    progress: Progress = silent,
) -> AnswerTable:
    """Read a file of answers. Raises InvalidInput that names up to twenty faults with line and column.

    partnerships: those that are known; another one is a fault. None: any.
    """
    faults = Faults(path.name, outcome)
    items = [item.code for item in instrument.items]
    by_line = (mapping or {}).get("respondent") == EVERY_LINE
    required = [name for name in REQUIRED if name != "respondent" or not by_line]
    gathered = _Gathered()
    with opened(path, {*REQUIRED, *OPTIONAL, *items}, {} if mapping is None else mapping, faults, progress) as sheet:
        check_header(sheet, required, OPTIONAL, items, instrument.code)
        scores = _scales(instrument, comma_is_decimal=sheet.comma_is_decimal)
        for piece in sheet.pieces():
            _gather(piece, sheet, scores, gathered)
    if not gathered.codes and not faults.total:
        faults.add(2, "", "the file holds no answers")
    faults.refuse()
    codes = np.concatenate(gathered.codes)
    refuse_unknown(gathered.partnerships.names, partnerships, codes[:, 0], codes[:, -1], sheet)
    _check_repeats(gathered, sheet)
    _check_sides(gathered, faults)
    _check_days(gathered, sheet)
    faults.refuse()
    return replace(_sorted_table(gathered, instrument), notes=tuple(sheet.notes))


def _scales(instrument: Instrument, *, comma_is_decimal: bool) -> dict[str, Scores]:
    return {
        item.code: Scores(instrument.scale_of(item), comma_is_decimal=comma_is_decimal) for item in instrument.items
    }


def _gather(piece: Piece, sheet: Sheet, scores: Mapping[str, Scores], into: _Gathered) -> None:
    place, faults = {name: at for at, name in enumerate(sheet.header)}, sheet.faults
    lines = np.asarray(piece.lines, dtype=np.int64)
    partnership = names_of(piece, place["partnership"], "partnership", into.partnerships, faults)
    organization = names_of(piece, place["organization"], "organization", into.organizations, faults)
    number = rounds_of(piece, place["round"], faults)
    respondent = lines
    if "respondent" in place:
        respondent = names_of(piece, place["respondent"], "respondent", into.respondents, faults)
    language = np.zeros(lines.size, dtype=np.int64)
    if "language" in place:
        language = _languages(piece.columns[place["language"]], into.languages)
    into.codes.append(np.column_stack([partnership, number, organization, respondent, language, lines]))
    table = np.full((lines.size, len(scores)), np.nan)
    for at, (code, known) in enumerate(scores.items()):
        if code in place:
            table[:, at] = scores_of(piece, place[code], code, known, faults)
    into.answers.append(table)
    _gather_facts(piece, place, partnership, number, organization, into, faults)


def _gather_facts(
    piece: Piece,
    place: Mapping[str, int],
    partnership: IntArray,
    number: IntArray,
    organization: IntArray,
    into: _Gathered,
    faults: Faults,
) -> None:
    """Days of rounds, kinds and sides of organizations: stated once or in every row, but always alike."""
    organizations: Sequence[int] = organization.tolist()
    if "closed_on" in place:
        keys = list(zip(partnership.tolist(), number.tolist(), strict=True))
        days = dates_of(piece, place["closed_on"], faults)
        _agree(keys, days, piece.lines, into.closed_on, "closed_on", place["closed_on"], faults)
    if "kind" in place:
        kinds = words_of(piece, place["kind"], "kind", NATIONAL_KINDS + EXTERNAL_KINDS, faults)
        _agree(organizations, kinds, piece.lines, into.kinds, "kind", place["kind"], faults)
    if "side" in place:
        sides = words_of(piece, place["side"], "side", SIDES, faults)
        _agree(organizations, sides, piece.lines, into.sides, "side", place["side"], faults)


def _agree(
    keys: Sequence[K],
    values: Sequence[V | None],
    lines: Sequence[int],
    known: dict[K, tuple[V, int]],
    column: str,
    place: int,
    faults: Faults,
) -> None:
    for at, (key, value) in enumerate(zip(keys, values, strict=True)):
        if not value:
            continue
        before, line = known.setdefault(key, (value, lines[at]))
        if before != value:
            faults.add(lines[at], column, f"{value} here, but {before} in line {line}", place=place)


def _languages(texts: Sequence[str], known: list[str]) -> IntArray:
    codes: dict[str, int] = {}
    for text in sorted(set(texts)):
        said = text.strip().lower()
        if said not in known:
            known.append(said)
        codes[text] = known.index(said)
    return np.fromiter(map(codes.__getitem__, texts), np.int64, len(texts))


def _check_repeats(gathered: _Gathered, sheet: Sheet) -> None:
    """One row per respondent, round and partnership."""
    codes = np.concatenate(gathered.codes)
    width = max(1, int(codes[:, 3].max()) + 1)
    key = (codes[:, 0] * 1000 + codes[:, 1]) * width + codes[:, 3]
    order = np.argsort(key, kind="stable")
    again = np.flatnonzero(np.diff(key[order]) == 0)
    place = sheet.header.index("respondent") if "respondent" in sheet.header else 0
    for at in again[:LISTED]:
        first, second = codes[order[at]], codes[order[at + 1]]
        who = gathered.respondents.names[int(first[3])]
        where = gathered.partnerships.names[int(first[0])]
        sentence = f"{quoted(who)} has answered round {first[1]} of {quoted(where)} in line {first[5]} already"
        sheet.faults.add(int(second[5]), "respondent", sentence, place=place)
    sheet.faults.total += max(0, again.size - LISTED)


def _check_sides(gathered: _Gathered, faults: Faults) -> None:
    """The side follows from the kind, so the two may not contradict each other."""
    for code, (kind, line) in gathered.kinds.items():
        side = "national" if kind in NATIONAL_KINDS else "external"
        stated, _ = gathered.sides.setdefault(code, (side, line))
        if stated != side:
            faults.add(line, "kind", f"{kind} is {side}, but the side says {stated}")


def _check_days(gathered: _Gathered, sheet: Sheet) -> None:
    """Rounds close in the order of their numbers."""
    known = sorted((key, *stated) for key, stated in gathered.closed_on.items())
    for (one, day, _), (other, later, line) in pairwise(known):
        if one[0] == other[0] and later <= day:
            name, place = quoted(gathered.partnerships.names[one[0]]), sheet.header.index("closed_on")
            sentence = f"round {other[1]} of {name} closed on {later}, not after round {one[1]} on {day}"
            sheet.faults.add(line, "closed_on", sentence, place=place)


def _sorted_table(gathered: _Gathered, instrument: Instrument) -> AnswerTable:
    codes = np.concatenate(gathered.codes)
    answers = np.concatenate(gathered.answers)
    gathered.codes.clear()
    gathered.answers.clear()
    partnerships, new_partnership = sorted_names(gathered.partnerships.names)
    organizations, new_organization = sorted_names(gathered.organizations.names)
    partnership, organization = new_partnership[codes[:, 0]], new_organization[codes[:, 2]]
    order = np.lexsort((codes[:, 3], organization, codes[:, 1], partnership))
    answers = answers[order]
    cannot_judge, prefer_not = answers == CANNOT_JUDGE, answers == PREFER_NOT
    answers[cannot_judge | prefer_not] = np.nan
    return AnswerTable(
        instrument=instrument,
        partnerships=partnerships,
        organizations=organizations,
        partnership=partnership[order],
        round=codes[order, 1],
        organization=organization[order],
        respondent=codes[order, 3],
        answers=answers,
        cannot_judge=cannot_judge,
        prefer_not=prefer_not,
        language=codes[order, 4],
        languages=tuple(gathered.languages),
        closed_on={(int(new_partnership[p]), r): day for (p, r), (day, _) in gathered.closed_on.items()},
        kinds={int(new_organization[code]): kind for code, (kind, _) in gathered.kinds.items()},
        sides={int(new_organization[code]): side for code, (side, _) in gathered.sides.items()},
    )
