"""Numbers -> sentences, in the reader's language. A statement is made only as strongly as its interval allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from server.languages import label_in, translator
from surveys.instruments import Instrument, text_in
from surveys.releases import Cell, Partner


def N_(text: str) -> str:  # noqa: N802 - the mark under which the extractor finds words translated later
    return text


REASONS = {
    "not_computed": N_("not computed for this round"),
    "no_data": N_("nobody answered"),
    "too_few": N_("too few answers to show"),
    "too_few_rounds": N_("too few rounds to speak of a trend"),
    "no_overlap": N_("nobody answered both"),
    "zero_variance": N_("everybody answered alike"),
    "singular": N_("the answers do not allow this calculation"),
    "negative_component": N_("cannot be estimated from these answers"),
    "not_converged": N_("the calculation did not settle"),
    "out_of_reach": N_("this group is too small for such a claim"),
    "complete_count": N_("everybody answered: there is no sampling error"),
    "broken_series": N_("not comparable: the questionnaire, the languages or the partners changed in between"),
}
HIDDEN = N_("hidden to protect those who answered")  # every reason of the disclosure rules reads alike on purpose
SPREADS = {
    "close": N_("answers lie close together"),
    "mixed": N_("answers differ"),
    "apart": N_("answers lie far apart"),
}
POPULATIONS = {
    "all": N_("all partners"),
    "national": N_("national partners"),
    "external": N_("external partners"),
    "lending_un_bilateral": N_("lending, UN and bilateral agencies"),
    "programme": N_("the whole programme"),
}
PHASES = {
    "idea": N_("idea"),
    "pilot": N_("pilot"),
    "review": N_("review"),
    "scale_up": N_("scaling up"),
    "sustained": N_("sustained"),
    "closed": N_("closed"),
    "imported": N_("imported history"),
}
COMPOSITE, PARTNERSHIP = N_("Partnership health index"), N_("The partnership")
BREAKS = {
    "instrument_version": N_("Questionnaire changed"),
    "language_shares": N_("Languages of the answers shifted"),
    "membership": N_("Members changed"),
    "charter": N_("Charter amended"),
    "agreement": N_("Agreement reached"),
    "dispute": N_("Dispute"),
    "no_release": N_("No results for this round"),
}


@dataclass(frozen=True)
class Wording:
    """The words for one partnership's releases in one language."""

    language: str
    instrument: Instrument
    partners: tuple[Partner, ...] = ()

    @cached_property
    def _(self) -> Callable[[str], str]:
        return translator(self.language).gettext

    def reason(self, cell: Cell | None) -> str:
        """Why there is no number; empty when there is one."""
        if cell is None:
            return self._(REASONS["not_computed"])
        return "" if cell.reason is None else self._(REASONS.get(cell.reason, HIDDEN))

    def label(self, label: str) -> str:
        """What a round is called."""
        return label_in(label, self.language)

    def about(self, name: str, sentence: str) -> str:
        """What is said of something named: the sign between the two is the language's own."""
        return self._("{name}: {sentence}").format(name=name, sentence=sentence)

    def population(self, code: str) -> str:
        return self._(POPULATIONS[code]) if code in POPULATIONS else code

    def spread(self, cell: Cell | None) -> str:
        if cell is None or (cell.word is None and cell.value is None):
            return self.reason(cell)
        if cell.word is not None:
            return self._(SPREADS.get(cell.word, cell.word))
        return self._("points apart on average: {points}").format(points=round(cell.value or 0))

    def marker(self, kind: str) -> str:
        return self._(BREAKS.get(kind, kind))

    def partner(self, organization: str) -> str:
        found = next((one for one in self.partners if one.id == organization), None)
        return organization if found is None else found.names.get(self.language) or found.name

    def target(self, target: str) -> str:
        """The name of what a number is about: an index, a construct, an item's wording, a partner, a pair."""
        kind, _, code = target.partition(":")
        if kind == "headline":
            return next((text_in(h.titles, self.language) for h in self.instrument.headlines if h.code == code), code)
        if kind == "construct":
            return next((text_in(c.titles, self.language) for c in self.instrument.constructs if c.code == code), code)
        if kind == "item":
            return next((text_in(i.texts, self.language) for i in self.instrument.items if i.code == code), code)
        if kind == "partner":
            return self.partner(code)
        if kind == "pair":
            rater, _, rated = code.partition(">")
            return f"{self.partner(rater)} → {self.partner(rated)}"
        return self._({"composite": COMPOSITE, "partnership": PARTNERSHIP}.get(target, target))

    def level(self, cell: Cell | None) -> str:
        """Value with interval, or the range, or the reason."""
        if cell is None or (cell.value is None and cell.low is None):
            return self.reason(cell)
        if cell.value is None:
            return self._("between {low} and {high}").format(low=round(cell.low or 0), high=round(cell.high or 0))
        if cell.low is None or cell.high is None:
            return f"{cell.value:.0f}"
        low, high = round(cell.low), round(cell.high)
        return self._("{value} ({low} to {high})").format(value=round(cell.value), low=low, high=high)

    def full_level(self, cell: Cell | None) -> str:
        """The level where it stands alone: a number without its range must not look surer than one with it."""
        is_bare = cell is not None and cell.value is not None and cell.low is None and cell.reason is not None
        return self._("{value} (range hidden)").format(value=self.level(cell)) if is_bare else self.level(cell)

    def change(self, cell: Cell | None) -> str:
        """What may be said of a change: its direction only when the interval excludes no change."""
        if cell is None or cell.low is None or cell.high is None:
            return self.reason(cell) or self._("no interval: no claim")
        low, high = round(cell.low), round(cell.high)
        if cell.low <= 0 <= cell.high:
            return self._("cannot be told apart from no change ({low} to {high} points)").format(
                low=signed(low), high=signed(high)
            )
        if cell.low > 0:
            return self._("rose by {low} to {high} points").format(low=low, high=high)
        return self._("fell by {low} to {high} points").format(low=-high, high=-low)

    def gap(self, cell: Cell | None) -> str:
        """What may be said of the difference between national and external partners."""
        if cell is None or cell.low is None or cell.high is None:
            return self.reason(cell) or self._("no interval: no claim")
        low, high = round(cell.low), round(cell.high)
        if "pattern" in cell.flags or cell.low <= 0 <= cell.high:
            return self._("the two sides cannot be told apart ({low} to {high} points)").format(
                low=signed(low), high=signed(high)
            )
        if cell.low > 0:
            return self._("national partners see this higher, by {low} to {high} points").format(low=low, high=high)
        return self._("external partners see this higher, by {low} to {high} points").format(low=-high, high=-low)

    def trend(self, cell: Cell | None) -> str:
        """The verdict on the whole series; from five rounds on only."""
        if cell is None or cell.word is None:
            return self.reason(cell)
        verdicts = {
            "rising": self._("rising over the rounds, beyond what chance would do"),
            "falling": self._("falling over the rounds, beyond what chance would do"),
            "no_claim": self._("no trend that could be told apart from chance"),
            "too_few_rounds": self._("too few rounds to speak of a trend"),
        }
        return verdicts.get(cell.word, cell.word)

    def question(self, target: str) -> str:
        """The open question a finding is put as: it seeks understanding, never blame."""
        kind, _, code = target.partition(":")
        name = self.target(target)
        if kind == "item":
            reverse = next((item.reverse for item in self.instrument.items if item.code == code), False)
            if reverse:
                return self._("What would help so that fewer of us have to say: “{text}”?").format(text=name)
            return self._("What would help so that all of us can say: “{text}”?").format(text=name)
        return self._("What would strengthen this in our partnership: {name}?").format(name=name)


def signed(points: int) -> str:
    """A difference with its sign; the minus is the real one."""
    return f"−{-points}" if points < 0 else f"+{points}" if points > 0 else "0"
