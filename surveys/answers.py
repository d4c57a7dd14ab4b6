"""What may be sealed: the last check of answers before they lie in the box, where nobody can look at them again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from surveys.instruments import NON_ANSWERS, Form, Instrument, Item, Question, Scale
from surveys.problems import InvalidAnswers

TEXT_LIMIT = 1000
MONTHS_LIMIT = 720
PERSONAL = frozenset(
    {"answers", "importance", "background", "dyads", "comments", "organization", "language", "assisted"}
)
POSITION = frozenset({"organization", "ratings", "drafter", "signer", "single_informant"})
COMMENT = frozenset({"kind", "topic", "text", "audience"})
AUDIENCES = ("all", "facilitator")
CONCERN = "concern"  # kind of an open answer that says: something went against what we agreed


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides which questions a partnership is asked in a round."""

    round_number: int
    has_external_lead: bool
    n_external: int
    rhythm_months: int = 6
    form: Form = field(default_factory=Form)

    def met(self, item: Item) -> bool:
        match item.condition:
            case "external_lead":
                return self.has_external_lead
            case "several_external":
                return self.n_external >= 2
            case "from_round_2":
                return self.round_number >= 2
            case _:
                return True

    @property
    def asks_importance(self) -> bool:
        """Importance is asked once a year, in the first round that falls into the year of the series."""
        return (self.round_number - 1) * self.rhythm_months % 12 < self.rhythm_months


def check_answers(
    instrument: Instrument, circumstances: Circumstances, payload: Mapping[str, Any], partners: Collection[str] = ()
) -> None:
    """Refuse a person's answers that the questionnaire of this round does not allow.

    partners: those this person is asked about; none where organizations take positions. Raises InvalidAnswers; its
    details name the questions, never what was answered. A missing answer is allowed.
    """
    _refuse_unless_clean("answers", _faults_of_person(instrument, circumstances, payload, partners))


def check_position(
    instrument: Instrument, circumstances: Circumstances, payload: Mapping[str, Any], partners: Collection[str]
) -> None:
    """Refuse an organization's position about anybody but its partners, or with ratings nobody asked for."""
    _refuse_unless_clean("position", _faults_of_position(instrument, circumstances, payload, partners))


def importance_scale(instrument: Instrument) -> Scale:
    return instrument.scales.get("importance") or next(iter(instrument.scales.values()))


def _refuse_unless_clean(what: str, faults: Iterator[tuple[str, str]]) -> None:
    if fields := dict(faults):
        named = ", ".join(f"{name}: {reason}" for name, reason in fields.items())
        raise InvalidAnswers(f"the {what} cannot be handed in ({named})", fields=fields)


def _faults_of_person(
    instrument: Instrument, circumstances: Circumstances, payload: Mapping[str, Any], partners: Collection[str]
) -> Iterator[tuple[str, str]]:
    yield from _parts(payload, PERSONAL, texts=("organization", "language"))
    if payload.get("assisted", True) is not True:
        yield "assisted", "not a mark"
    asked = {item.code: instrument.scale_of(item) for item in instrument.items if circumstances.met(item)}
    yield from _ratings(payload.get("answers", {}), asked)
    important = instrument.composite or [construct.code for construct in instrument.constructs]
    scale = importance_scale(instrument)
    is_asked = bool(instrument.importance) and circumstances.asks_importance
    yield from _ratings(payload.get("importance", {}), dict.fromkeys(important, scale) if is_asked else {})
    yield from _background(payload.get("background", {}), instrument.background)
    topics = {item.construct_code for item in instrument.items if circumstances.met(item)} | asked.keys()
    kinds = [question.code for question in instrument.open_questions_in(circumstances.form)]
    yield from _comments(payload.get("comments", []), kinds, topics)
    if payload.get("dyads") and not partners:
        yield "dyads", "questions about single partners are answered as a position"
    elif payload.get("dyads"):
        others = set(partners) - {payload.get("organization")}
        yield from _faults_about_partners(instrument, circumstances, payload["dyads"], others)


def _faults_of_position(
    instrument: Instrument, circumstances: Circumstances, payload: Mapping[str, Any], partners: Collection[str]
) -> Iterator[tuple[str, str]]:
    yield from _parts(payload, POSITION, texts=("organization", "drafter", "signer"))
    others = set(partners) - {payload.get("organization")}
    yield from _faults_about_partners(instrument, circumstances, payload.get("ratings", {}), others)


def _faults_about_partners(
    instrument: Instrument, circumstances: Circumstances, ratings: Any, partners: Collection[str]
) -> Iterator[tuple[str, str]]:
    part = instrument.dyadic
    if part is None or not isinstance(ratings, Mapping):
        yield "ratings", "not asked for"
        return
    asked = {item.code: instrument.scale_of(item) for item in part.items_in(circumstances.form)}
    contacts = {choice.code for choice in part.contact.choices}
    for partner, given in ratings.items():
        if partner not in partners:
            yield str(partner), "not a partner to be rated"
        elif not isinstance(given, Mapping):
            yield str(partner), "not a set of ratings"
        else:
            others = {code: answer for code, answer in given.items() if code != part.contact.code}
            yield from _ratings(others, asked)
            if part.contact.code in given and given[part.contact.code] not in contacts:
                yield part.contact.code, "not one of the choices"


def _parts(payload: Mapping[str, Any], known: frozenset[str], *, texts: Collection[str]) -> Iterator[tuple[str, str]]:
    yield from ((str(name), "unknown") for name in payload.keys() - known)
    yield from ((name, "not a text") for name in texts if not isinstance(payload.get(name), str))


def _ratings(given: Any, asked: Mapping[str, Scale]) -> Iterator[tuple[str, str]]:
    if not isinstance(given, Mapping):
        yield "ratings", "not a set of ratings"
        return
    for code, answer in given.items():
        if code not in asked:
            yield str(code), "not asked in this round"
        elif not (answer in NON_ANSWERS if isinstance(answer, str) else _is_point(answer, asked[code])):
            yield str(code), "not a point of the scale"


def _is_point(answer: Any, scale: Scale) -> bool:
    kinds = int if scale.whole else (int, float)
    return isinstance(answer, kinds) and not isinstance(answer, bool) and scale.allows(answer)


def _background(given: Any, questions: Collection[Question]) -> Iterator[tuple[str, str]]:
    if not isinstance(given, Mapping):
        yield "background", "not a set of answers"
        return
    by_code = {question.code: question for question in questions}
    for code, answer in given.items():
        question = by_code.get(code)
        if question is None:
            yield str(code), "not asked"
        elif question.kind == "months":
            if type(answer) is not int or not 0 <= answer <= MONTHS_LIMIT:
                yield code, "not a number of months"
        elif answer not in [choice.code for choice in question.choices]:
            yield code, "not one of the choices"


def _comments(given: Any, kinds: Collection[str], topics: Collection[str]) -> Iterator[tuple[str, str]]:
    if not isinstance(given, list):
        yield "comments", "not a list"
        return
    seen: list[str] = []
    for comment in given:
        if not isinstance(comment, Mapping) or not all(isinstance(part, str) for part in comment.values()):
            yield "comments", "not texts"
        elif comment.keys() != COMMENT or not _is_asked(comment["kind"], kinds, seen):
            yield "comments", "not one of the open questions"
        else:
            seen.append(comment["kind"])
            yield from _faults_of_comment(comment, topics)


def _is_asked(kind: str, kinds: Collection[str], seen: Collection[str]) -> bool:
    """One text for each open question; any of them may be a concern."""
    return len(seen) < len(kinds) and (kind == CONCERN or (kind in kinds and kind not in seen))


def _faults_of_comment(comment: Mapping[str, str], topics: Collection[str]) -> Iterator[tuple[str, str]]:
    if len(comment["text"]) > TEXT_LIMIT:
        yield comment["kind"], f"longer than {TEXT_LIMIT} characters"
    if comment["topic"] and comment["topic"] not in topics:
        yield comment["kind"], "an unknown topic"
    if comment["audience"] not in AUDIENCES:
        yield comment["kind"], "an unknown audience"
