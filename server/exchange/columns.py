"""Columns of text to typed arrays. Every distinct text is understood once, so that a million rows are soon read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from analysis.estimates import BoolArray, FloatArray, IntArray
from server.exchange.faults import LISTED, Faults, quoted
from server.exchange.sheet import Piece
from surveys.instruments import NON_ANSWERS, Scale

# What a file may hold in place of a score; the short forms are ours.
SHORT_FORMS = {"cj": "cannot_judge", "na": "cannot_judge", "n/a": "cannot_judge", "pn": "prefer_not"}
NUMBER = re.compile(r"[+-]?\d{1,9}(\.\d*)?")
# Controls, line ends and signs that turn the direction of reading; the spaces of no width that Khmer needs are kept.
UNREADABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
CANNOT_JUDGE, PREFER_NOT, FAULT = np.inf, -np.inf, 1e308  # stand for words in a column of scores
UNKNOWN = -1
HIGHEST_ROUND = 999
LONGEST_NAME = 300


class Names(dict[str, int]):
    """Text -> code, in the order of first appearance; spaces around a name do not count."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self._places: dict[str, int] = {}

    def __missing__(self, text: str) -> int:
        name = _name(text)
        fit = bool(name) and not UNREADABLE.search(name) and len(name) <= LONGEST_NAME
        code = self._places.setdefault(name, len(self.names)) if fit else UNKNOWN
        if fit and code == len(self.names):
            self.names.append(name)
        self[text] = code
        return code


class Scores(dict[str, float]):
    """Text -> scale points; NaN where empty, marks for the two non-answers and for what cannot be."""

    def __init__(self, scale: Scale, *, comma_is_decimal: bool) -> None:
        super().__init__({"": np.nan})
        self.scale, self.comma_is_decimal = scale, comma_is_decimal

    def __missing__(self, text: str) -> float:
        self[text] = value = self._understood(text.strip().lower())
        return value

    def _understood(self, text: str) -> float:
        if not text:
            return np.nan
        word = SHORT_FORMS.get(text, text)
        if word in NON_ANSWERS:
            return CANNOT_JUDGE if word == "cannot_judge" else PREFER_NOT
        value = number(text, comma_is_decimal=self.comma_is_decimal)
        return FAULT if value is None or not self.scale.allows(value) else value

    def why_not(self, text: str) -> str:
        """The sentence for a text that is no score."""
        low, high = f"{self.scale.low:g}", f"{self.scale.high:g}"
        value = number(text.strip(), comma_is_decimal=self.comma_is_decimal)
        if value is None:
            return f"{quoted(text)} is not a score from {low} to {high}, nor cannot_judge, prefer_not or an empty cell"
        if not self.scale.low <= value <= self.scale.high:
            return f"{text.strip()} is outside the scale {low} to {high}"
        return f"{text.strip()} is a fraction; this scale has whole numbers from {low} to {high} only"


def number(text: str, *, comma_is_decimal: bool = False) -> float | None:
    """A plain decimal number, or None: never NaN, infinity or an exponent."""
    plain = text.replace(",", ".", 1) if comma_is_decimal else text
    return float(plain) if NUMBER.fullmatch(plain) else None


def _name(text: str) -> str:
    """A name as its owner wrote it: without the apostrophe that protects a spreadsheet from formulas."""
    name = unicodedata.normalize("NFC", text.strip())
    return name[1:] if len(name) > 1 and name[0] == "'" and name[1] in "=+-@" else name


def names_of(piece: Piece, place: int, column: str, codes: Names, faults: Faults) -> IntArray:
    """Codes of a column that must hold a name in every row."""
    found = np.fromiter(map(codes.__getitem__, piece.columns[place]), np.int64, len(piece.lines))
    for row in _first(found == UNKNOWN, faults):
        text = piece.columns[place][row]
        why = (
            f"{quoted(text)} holds signs that cannot be printed, or is too long"
            if text.strip()
            else "the cell is empty"
        )
        faults.add(piece.lines[row], column, why, place=place)
    return found


def rounds_of(piece: Piece, place: int, faults: Faults) -> IntArray:
    """Numbers of rounds, 0 to 999."""
    known: dict[str, int] = {}
    for text in set(piece.columns[place]):
        value = number(text.strip())
        known[text] = (
            int(value) if value is not None and value == int(value) and 0 <= value <= HIGHEST_ROUND else UNKNOWN
        )
    found = np.fromiter(map(known.__getitem__, piece.columns[place]), np.int64, len(piece.lines))
    for row in _first(found == UNKNOWN, faults):
        why = f"{quoted(piece.columns[place][row])} is not the number of a round (0 to {HIGHEST_ROUND})"
        faults.add(piece.lines[row], "round", why, place=place)
    return found


def scores_of(piece: Piece, place: int, column: str, scores: Scores, faults: Faults) -> FloatArray:
    """Scale points of one item, with the marks of `Scores`."""
    texts = piece.columns[place]
    found = np.fromiter(map(scores.__getitem__, texts), np.float64, len(piece.lines))
    for row in _first(found == FAULT, faults):
        faults.add(piece.lines[row], column, scores.why_not(texts[row]), place=place)
    return found


def words_of(piece: Piece, place: int, column: str, allowed: Sequence[str], faults: Faults) -> list[str]:
    """A column of known words, or empty."""
    texts = [text.strip().lower() for text in piece.columns[place]]
    wrong = np.array([bool(text) and text not in allowed for text in texts], dtype=bool)
    for row in _first(wrong, faults):
        why = f"{quoted(piece.columns[place][row])} is not known here; known are {', '.join(allowed)}"
        faults.add(piece.lines[row], column, why, place=place)
    return texts


def dates_of(piece: Piece, place: int, faults: Faults) -> list[date | None]:
    """Days as YYYY-MM-DD, or empty."""
    known: dict[str, date | None] = {}
    wrong: set[str] = set()
    for text in set(piece.columns[place]):
        try:
            known[text] = date.fromisoformat(text.strip()) if text.strip() else None
        except ValueError:
            known[text] = None
            wrong.add(text)
    flagged = np.array([text in wrong for text in piece.columns[place]], dtype=bool)
    for row in _first(flagged, faults):
        why = f"{quoted(piece.columns[place][row])} is not a day such as 2026-06-30"
        faults.add(piece.lines[row], "closed_on", why, place=place)
    return [known[text] for text in piece.columns[place]]


def _first(wrong: BoolArray, faults: Faults) -> list[int]:
    """The first faulty rows of a piece; the others are only counted."""
    rows = np.flatnonzero(wrong)
    faults.total += max(0, rows.size - LISTED)
    return [int(row) for row in rows[:LISTED]]


def sorted_names(names: Sequence[str]) -> tuple[tuple[str, ...], IntArray]:
    """The names in order, and the new place of each old one: the order of rows must not show in any result."""
    order = sorted(range(len(names)), key=lambda at: _natural(names[at]))
    places = np.empty(len(names), dtype=np.int64)
    places[order] = np.arange(len(names))
    return tuple(names[at] for at in order), places


def _natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """team-2 before team-10."""
    parts = re.findall(r"\d+|\D+", name)
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts)


def choices_of(piece: Piece, place: int, column: str, ranks: Mapping[str, float], faults: Faults) -> FloatArray:
    """Rank of a chosen word, or NaN where the cell is empty."""
    known = {
        text: ranks.get(text.strip().lower(), FAULT) if text.strip() else np.nan for text in set(piece.columns[place])
    }
    found = np.fromiter(map(known.__getitem__, piece.columns[place]), np.float64, len(piece.lines))
    for row in _first(found == FAULT, faults):
        why = f"{quoted(piece.columns[place][row])} is none of the choices {', '.join(ranks)}"
        faults.add(piece.lines[row], column, why, place=place)
    return found
