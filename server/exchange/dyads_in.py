"""What organizations say of each other, from long CSV files: one row per rater, rated and round."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.estimates import FloatArray, IntArray
from server.exchange.columns import Names, Scores, choices_of, names_of, rounds_of, scores_of, sorted_names
from server.exchange.faults import LISTED, Faults, quoted
from server.exchange.headers import check_header, refuse_unknown
from server.exchange.sheet import Piece, Progress, opened, silent
from surveys.instruments import DyadicPart, Instrument
from surveys.problems import InvalidInput

REQUIRED = ("partnership", "round", "rater", "rated")


@dataclass(frozen=True)
class DyadTable:
    """A whole file of ratings, sorted by partnership, round, rater and rated.

    partnership, rater, rated: (n,) places in the sorted names; round: (n,). ratings: (n, items) scale points in the
    order of the instrument's dyadic items, NaN where there is none. contact: (n,) rank of the choice, NaN unknown.
    """

    instrument: Instrument
    partnerships: tuple[str, ...]
    organizations: tuple[str, ...]
    partnership: IntArray
    round: IntArray
    rater: IntArray
    rated: IntArray
    ratings: FloatArray
    contact: FloatArray


def is_about_pairs(path: Path, mapping: Mapping[str, str]) -> bool:
    """Whether a file holds ratings rather than answers, by its header; a file that cannot be read holds neither."""
    try:
        with opened(path, REQUIRED, mapping, Faults(path.name)) as sheet:
            return {"rater", "rated"} <= set(sheet.header)
    except InvalidInput:
        return False


def read_dyads(
    path: Path,
    instrument: Instrument,
    mapping: Mapping[str, str] | None = None,
    *,
    partnerships: Collection[str] | None = None,
    outcome: str = "nothing was read",
    progress: Progress = silent,
) -> DyadTable:
    """Read a file of ratings. Raises InvalidInput that names up to twenty faults with line and column.

    partnerships: those that are known; another one is a fault. None: any.
    """
    faults, part = Faults(path.name, outcome), instrument.dyadic
    if part is None:
        faults.add(0, "", f"{instrument.code} does not ask about other partners, so ratings cannot be read")
        faults.refuse()
        raise AssertionError("refused above")
    items = [item.code for item in part.items]
    with opened(
        path, {*REQUIRED, part.contact.code, *items}, {} if mapping is None else mapping, faults, progress
    ) as sheet:
        check_header(sheet, REQUIRED, (part.contact.code,), items, instrument.code)
        reader = _Reader(instrument, part, sheet.header, faults, comma_is_decimal=sheet.comma_is_decimal)
        for piece in sheet.pieces():
            reader.take(piece)
    if not reader.codes and not faults.total:
        faults.add(2, "", "the file holds no ratings")
    faults.refuse()
    codes = np.concatenate(reader.codes)
    refuse_unknown(reader.partnerships.names, partnerships, codes[:, 0], codes[:, -1], sheet)
    reader.check()
    faults.refuse()
    return reader.table()


class _Reader:
    """Gathers the pieces of one file."""

    def __init__(
        self,
        instrument: Instrument,
        part: DyadicPart,
        header: tuple[str, ...],
        faults: Faults,
        *,
        comma_is_decimal: bool,
    ) -> None:
        self.instrument, self.part, self.faults = instrument, part, faults
        self.place = {name: at for at, name in enumerate(header)}
        self.scores = {
            item.code: Scores(instrument.scale_of(item), comma_is_decimal=comma_is_decimal) for item in part.items
        }
        self.partnerships, self.organizations = Names(), Names()
        self.codes: list[IntArray] = []
        self.ratings: list[FloatArray] = []
        self.contact: list[FloatArray] = []

    def take(self, piece: Piece) -> None:
        place, faults = self.place, self.faults
        partnership = names_of(piece, place["partnership"], "partnership", self.partnerships, faults)
        number = rounds_of(piece, place["round"], faults)
        rater = names_of(piece, place["rater"], "rater", self.organizations, faults)
        rated = names_of(piece, place["rated"], "rated", self.organizations, faults)
        lines = np.asarray(piece.lines, dtype=np.int64)
        self.codes.append(np.column_stack([partnership, number, rater, rated, lines]))
        table = np.full((lines.size, len(self.scores)), np.nan)
        for at, (code, known) in enumerate(self.scores.items()):
            if code in place:
                table[:, at] = scores_of(piece, place[code], code, known, faults)
        table[~np.isfinite(table)] = np.nan  # why a partner is not judged is not counted
        self.ratings.append(table)
        contact = np.full(lines.size, np.nan)
        if self.part.contact.code in place:
            ranks = {choice.code: float(rank) for rank, choice in enumerate(self.part.contact.choices)}
            contact = choices_of(piece, place[self.part.contact.code], self.part.contact.code, ranks, faults)
        self.contact.append(contact)

    def check(self) -> None:
        """Nobody rates itself, and nobody rates twice."""
        codes = np.concatenate(self.codes)
        own = np.flatnonzero(codes[:, 2] == codes[:, 3])
        for at in own[:LISTED]:
            who = quoted(self.organizations.names[int(codes[at, 2])])
            self.faults.add(int(codes[at, 4]), "rated", f"{who} rates itself", place=self.place["rated"])
        n = len(self.organizations.names)
        key = ((codes[:, 0] * 1000 + codes[:, 1]) * n + codes[:, 2]) * n + codes[:, 3]
        order = np.argsort(key, kind="stable")
        again = np.flatnonzero(np.diff(key[order]) == 0)
        for at in again[:LISTED]:
            first, second = codes[order[at]], codes[order[at + 1]]
            rater, rated = (quoted(self.organizations.names[int(code)]) for code in second[2:4])
            sentence = f"{rater} has rated {rated} in round {second[1]} in line {first[4]} already"
            self.faults.add(int(second[4]), "rater", sentence, place=self.place["rater"])
        self.faults.total += max(0, own.size - LISTED) + max(0, again.size - LISTED)

    def table(self) -> DyadTable:
        codes = np.concatenate(self.codes)
        partnerships, new_partnership = sorted_names(self.partnerships.names)
        organizations, new_organization = sorted_names(self.organizations.names)
        partnership = new_partnership[codes[:, 0]]
        rater, rated = new_organization[codes[:, 2]], new_organization[codes[:, 3]]
        order = np.lexsort((rated, rater, codes[:, 1], partnership))
        return DyadTable(
            instrument=self.instrument,
            partnerships=partnerships,
            organizations=organizations,
            partnership=partnership[order],
            round=codes[order, 1],
            rater=rater[order],
            rated=rated[order],
            ratings=np.concatenate(self.ratings)[order],
            contact=np.concatenate(self.contact)[order],
        )
