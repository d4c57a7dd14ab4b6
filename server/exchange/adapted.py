"""Another tool's table as Rapport's own: rows left out, columns chosen, cells put into our words. Every text once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from server.exchange.faults import LISTED, Faults, quoted
from server.exchange.recipe import LEFT_OUT, Recipe, Rounds
from server.exchange.sheet import Piece, Sheet

MARKED = ("1", "y", "yes", "true", "x", "oui", "checked")  # an option that was ticked, however a tool says it
BY_LINE = "(line)"
NOBODY = "respondent"
NO_ITEMS = {
    "partnership",
    "organization",
    "round",
    "respondent",
    "side",
    "kind",
    "language",
    "closed_on",
    "rater",
    "rated",
}
NAMED = 6  # columns left out that a note names


def adapted(sheet: Sheet, known: Collection[str], recipe: Recipe) -> Sheet:
    """The sheet as the recipe wants it. Raises InvalidInput for columns that the file does not have."""
    theirs = [" ".join(name.split()) for name in sheet.header]
    places = _places(theirs, recipe, sheet.faults)
    choices = _choices(theirs, recipe, sheet.faults)
    skipped = _skipped(theirs, recipe, sheet.faults)
    moment = _place(theirs, recipe.rounds.column, sheet.faults) if recipe.rounds else -1
    sheet.faults.refuse()
    stamped = (*(("round", "closed_on") if recipe.rounds else ()), *(("kind",) if recipe.kinds else ()))
    header = tuple(dict.fromkeys([*places, *choices, *recipe.constants, *stamped]))
    items = frozenset(known) - NO_ITEMS
    inside = _Inside(sheet, recipe, places, choices, skipped, moment, items)
    used = {*places.values(), *skipped, moment, *(place for options in choices.values() for place in options)}
    notes = _unused([name for at, name in enumerate(theirs) if at not in used])
    return _Adapted(header, sheet.delimiter, sheet.faults, sheet._reader, sheet._share, sheet._progress, notes, inside)


def _unused(names: Sequence[str]) -> list[str]:
    if not names:
        return []
    more = ", ..." if len(names) > NAMED else ""
    return [f"{len(names)} columns of the file were left out: {', '.join(map(quoted, names[:NAMED]))}{more}."]


@dataclass
class _Inside:
    """The other tool's sheet, and where in it everything stands."""

    sheet: Sheet
    recipe: Recipe
    places: dict[str, int]
    choices: dict[str, dict[int, str]]
    skipped: dict[int, frozenset[str]]
    moment: int
    items: frozenset[str]


@dataclass
class _Adapted(Sheet):
    inside: _Inside | None = None

    def pieces(self) -> Iterator[Piece]:
        assert self.inside is not None  # made by `adapted` only
        left_out = 0
        for piece in self.inside.sheet.pieces():
            kept = _kept(piece, self.inside.skipped)
            left_out += len(piece.lines) - len(kept.lines)
            if kept.lines:
                yield Piece(kept.lines, [self._column(kept, name, self.inside) for name in self.header])
        if left_out:
            self.notes.append(f"{left_out} lines were left out as the mapping wants it.")

    def _column(self, piece: Piece, name: str, inside: _Inside) -> Sequence[str]:
        recipe = inside.recipe
        if name in recipe.constants:
            return [recipe.constants[name]] * len(piece.lines)
        if recipe.rounds and name in ("round", "closed_on"):
            return _stamps(piece, inside.moment, recipe.rounds, name, self.faults)
        if recipe.kinds and name == "kind":
            return [recipe.kinds.get(one.strip(), "") for one in self._column(piece, "organization", inside)]
        if name in inside.choices:
            return _chosen(piece, inside.choices[name], name, self.faults)
        cells = piece.columns[inside.places[name]]
        said = recipe.cells.get(name, {})
        if name in inside.items:
            said = {**recipe.tool.values, **recipe.cells.get("", {}), **said}
        return _said(piece, cells, said, recipe.separators.get(name, ""), name, self.faults)


def _places(theirs: Sequence[str], recipe: Recipe, faults: Faults) -> dict[str, int]:
    """Our column -> where it stands in the file; a name that is not there is a fault, not a gap."""
    found: dict[str, int] = {}
    for pattern, ours in recipe.items():
        if ours in (LEFT_OUT, BY_LINE) or (pattern == NOBODY and ours == BY_LINE):
            continue
        place = _place(theirs, pattern, faults, recipe.tool.grouped)
        if place >= 0 and ours in found:
            faults.add(1, pattern, f"two columns are mapped to {ours}", place=place)
        elif place >= 0:
            found[ours] = place
    return found


def _place(theirs: Sequence[str], pattern: str, faults: Faults, grouped: str = "") -> int:
    """The one column of this name; -1 with a fault where there is none, or more than one."""
    fitting = [at for at, name in enumerate(theirs) if _fits(name, pattern)]
    if not fitting and grouped:
        fitting = [at for at, name in enumerate(theirs) if name.rpartition(grouped)[2] == pattern]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        faults.add(1, "", f"{quoted(pattern)} of the mapping fits {len(fitting)} columns")
    else:
        near = get_close_matches(pattern, theirs, n=1)
        hint = f"; did you mean {quoted(near[0])}?" if near else ""
        faults.add(1, "", f"the mapping names the column {quoted(pattern)}, which the file does not have{hint}")
    return -1


def _fits(name: str, pattern: str) -> bool:
    if len(pattern) > 1 and pattern.endswith("*"):
        return name.startswith(pattern[:-1])
    if len(pattern) > 1 and pattern.startswith("*"):
        return name.endswith(pattern[1:])
    return name == pattern


def _choices(theirs: Sequence[str], recipe: Recipe, faults: Faults) -> dict[str, dict[int, str]]:
    return {
        ours: {_place(theirs, name, faults, recipe.tool.grouped): value for name, value in options.items()}
        for ours, options in recipe.choose.items()
    }


def _skipped(theirs: Sequence[str], recipe: Recipe, faults: Faults) -> dict[int, frozenset[str]]:
    """What the mapping says must be there; what the tool writes may be missing from an older export."""
    found = {theirs.index(name): frozenset(cells) for name, cells in recipe.tool.skipped.items() if name in theirs}
    return found | {_place(theirs, name, faults): frozenset(cells) for name, cells in recipe.skip.items()}


def _kept(piece: Piece, skipped: dict[int, frozenset[str]]) -> Piece:
    left = [
        at for at in range(len(piece.lines)) if not any(piece.columns[p][at].strip() in s for p, s in skipped.items())
    ]
    if len(left) == len(piece.lines):
        return piece
    return Piece([piece.lines[at] for at in left], [[column[at] for at in left] for column in piece.columns])


def _said(
    piece: Piece, cells: Sequence[str], said: Mapping[str, str], separator: str, name: str, faults: Faults
) -> Sequence[str]:
    """Their words in ours; of several answers in one cell there must be one."""
    known = {text: said.get(" ".join(text.split()), text) for text in set(cells)}
    if separator:
        several = {text for text in known if len([one for one in text.split(separator) if one.strip()]) > 1}
        for at in [at for at, text in enumerate(cells) if text in several][:LISTED]:
            faults.add(piece.lines[at], name, f"{quoted(cells[at])} holds several answers where one is needed")
    return [known[text] for text in cells]


def _chosen(piece: Piece, options: dict[int, str], name: str, faults: Faults) -> Sequence[str]:
    """One column per option: the one that is marked."""
    found = [""] * len(piece.lines)
    for place, value in options.items():
        for at, cell in enumerate(piece.columns[place]):
            if cell.strip().casefold() in MARKED:
                if found[at] and found[at] != value:
                    faults.add(piece.lines[at], name, f"{quoted(found[at])} and {quoted(value)} are both marked")
                found[at] = value
    return found


def _stamps(piece: Piece, place: int, rounds: Rounds, name: str, faults: Faults) -> Sequence[str]:
    """The round a time falls into, or the day that round closed."""
    cells = piece.columns[place]
    known = {text: _stamp(text.strip(), rounds) for text in set(cells)}
    if name == "closed_on":
        days = {one.number: one.last.isoformat() for one in rounds.periods}
        return ["" if (number := known[text]) is None else days[number] for text in cells]
    for at in [at for at, text in enumerate(cells) if known[text] is None][:LISTED]:
        faults.add(piece.lines[at], rounds.column, f"{quoted(cells[at])} lies in no period of the mapping", place=place)
    return ["" if known[text] is None else str(known[text]) for text in cells]


def _stamp(text: str, rounds: Rounds) -> int | None:
    try:
        moment = datetime.strptime(text, rounds.format) if rounds.format else datetime.fromisoformat(text)  # noqa: DTZ007 - the day where it was written is meant
    except ValueError:
        return None
    return next((one.number for one in rounds.periods if one.first <= moment.date() <= one.last), None)
