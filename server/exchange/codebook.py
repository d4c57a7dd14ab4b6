"""What the columns and codes of an export mean, in the reader's language, with every label in full."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from server.exchange.tidy import Sheaf, TidyRow
from server.technical_words import FILLED, OTHERS, RESPONSE, TRUST, label
from server.wording import HIDDEN, N_, REASONS, SPREADS, Wording
from surveys.instruments import DyadItem, Item, text_in

MEANINGS: Mapping[str, str] = {
    "partnership": N_("Name of the partnership, as released"),
    "partnership_code": N_("Short name of the partnership"),
    "round": N_("Number of the round"),
    "round_label": N_("Name of the round"),
    "closed_on": N_("Day until which answers were taken"),
    "instrument": N_("Code of the questionnaire"),
    "version": N_("Version of the questionnaire"),
    "segment": N_("Stretch of the series within which this number is comparable: compare only within a stretch"),
    "estimate": N_("Kind of number"),
    "construct": N_("What the number is about: an index, a topic, a statement, a partner or a pair"),
    "construct_name": N_("The same in words"),
    "population": N_("Whose answers are meant"),
    "audience": N_("Who may see this number: everybody, the facilitator, or one partner"),
    "value": N_("The number: points from 0 to 100, differences in points, or a ratio"),
    "low": N_("Lower end of the interval or of the range shown"),
    "high": N_("Upper end of the interval or of the range shown"),
    "n_band": N_("How many people stand behind it, as a band"),
    "flag": N_("Whether the number is shown, and if not, why"),
    "word": N_("A word that stands in for a number"),
    "notes": N_("Further marks of the number"),
    "method": N_("How it was computed"),
}
ESTIMATES: Mapping[str, str] = {
    "level": N_("Level, points from 0 to 100"),
    "spread": N_("Agreement"),
    "cannot_judge": N_("Could not judge (%)"),
    "gap_sides": N_("National minus external partners"),
    "change_last": N_("Since the round before"),
    "change_first": N_("Since the series began"),
    "trend": N_("Over all rounds"),
    "rating": N_("Signed positions, from one partner about another"),
}
SHOWN: Mapping[str, str] = {
    "shown": N_("shown"),
    "no_interval": N_("shown, its interval is hidden"),
    "range": N_("only a range is shown, to protect those who answered"),
    "word": N_("only a word is shown"),
    "hidden": HIDDEN,
}
CODED = ("estimate", "population", "flag", "word")


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One line of the codebook: a column, or one of its codes."""

    column: str
    code: str
    text: str


def codebook(rows: Sequence[TidyRow], sheaves: Iterable[Sheaf], wording: Wording) -> tuple[CodeLine, ...]:
    """Columns first, then the codes that occur, then the wording of every item and version behind the numbers."""
    _ = wording._
    lines = [CodeLine(column, "", _(meaning)) for column, meaning in MEANINGS.items()]
    for column in CODED:
        place = TidyRow._fields.index(column)
        codes = sorted({str(row[place]) for row in rows} - {""})
        lines += [CodeLine(column, code, meaning_of(column, code, wording)) for code in codes]
    lines += _names(rows)
    return (*lines, *_items(sheaves, wording.language))


def meaning_of(column: str, code: str, wording: Wording) -> str:
    """One code in words."""
    _ = wording._
    if column == "population":
        return wording.population(code)
    if column == "flag":
        return _({**REASONS, **SHOWN}[code])
    if column == "word":
        return _(SPREADS[code]) if code in SPREADS else code
    if code.removesuffix(FILLED) in OTHERS or code in TRUST:
        return label(code, wording)
    return _({**ESTIMATES, **RESPONSE}.get(code, code))


def _names(rows: Sequence[TidyRow]) -> Iterator[CodeLine]:
    """Names in full: other programs cut their labels."""
    partnerships = {row.partnership_code: row.partnership for row in rows}
    constructs = {row.construct: row.construct_name for row in rows}
    yield from (CodeLine("partnership_code", code, name) for code, name in partnerships.items())
    yield from (CodeLine("construct", code, name) for code, name in constructs.items())


def _items(sheaves: Iterable[Sheaf], language: str) -> Iterator[CodeLine]:
    instruments = {one.instrument.digest: one.instrument for sheaf in sheaves for one in sheaf.wordings}
    for instrument in sorted(instruments.values(), key=lambda one: (one.code, one.version)):
        items: list[Item | DyadItem] = [*instrument.items, *(instrument.dyadic.items if instrument.dyadic else ())]
        for item in items:
            code = f"{instrument.code} {instrument.version} {item.code}"
            yield CodeLine("wording", code, text_in(item.texts, language))
