"""The questionnaire one person sees: sections from the instrument, answers from forms. No rows, no requests."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from server.pages import Words, words_in
from surveys.answers import CONCERN, MONTHS_LIMIT, TEXT_LIMIT, Circumstances, importance_scale
from surveys.instruments import NON_ANSWERS, DyadItem, Form, Instrument, Item, Question, Scale
from surveys.problems import InvalidAnswers

Kind = Literal["answers", "importance", "dyads", "background", "comments"]
Gettext = Callable[[str], str]
NO_CONTACT = "none"


@dataclass(frozen=True, slots=True)
class Rating:
    """One statement and the points of its scale."""

    name: str
    text: Words
    low: Words
    high: Words
    points: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question without a scale: choices, a number of months, or a text."""

    name: str
    kind: Literal["choice", "months", "open"]
    text: Words
    choices: Mapping[str, Words]


@dataclass(frozen=True, slots=True)
class Section:
    """One page of the questionnaire."""

    code: str
    kind: Kind
    title: Words
    explanation: Words | None = None
    ratings: tuple[Rating, ...] = ()
    questions: tuple[Asked, ...] = ()
    partner: str = ""  # whom it is about
    always: frozenset[str] = frozenset()  # asked also where there was no contact

    @property
    def texts(self) -> dict[str, Words]:
        ratings = {rating.name: rating.text for rating in self.ratings}
        return ratings | {question.name: question.text for question in self.questions}


def sections_of(
    instrument: Instrument,
    circumstances: Circumstances,
    language: str,
    _: Gettext,
    partners: Mapping[str, Words] | None = None,
) -> tuple[Section, ...]:
    """The pages of the personal part, in the order of asking. partners: whom each person is asked about, by name."""
    sections = [
        Section(
            construct.code,
            "answers",
            words_in(construct.titles, language),
            words_in(construct.explanations, language) if construct.explanations else None,
            tuple(_rating(instrument, item, language) for item in items),
        )
        for construct in instrument.constructs
        if (items := [item for item in instrument.items_of(construct.code) if circumstances.met(item)])
    ]
    if instrument.importance and circumstances.asks_importance:
        sections.append(_importance(instrument, language, _))
    sections += [_about_partner(instrument, circumstances, *one, language) for one in (partners or {}).items()]
    if instrument.background:
        title = Words(_("About you"), language)
        sections.append(Section("about", "background", title, questions=_asked(instrument.background, language)))
    if questions := instrument.open_questions_in(circumstances.form):
        title = Words(_("In your own words"), language)
        sections.append(Section("open", "comments", title, questions=_asked(questions, language)))
    return tuple(sections)


def _importance(instrument: Instrument, language: str, _: Gettext) -> Section:
    scale = importance_scale(instrument)
    titles = {construct.code: construct.titles for construct in instrument.constructs}
    ratings = tuple(
        _rated(code, words_in(titles[code], language), scale, language) for code in instrument.composite or titles
    )
    explanation = words_in(instrument.importance, language)
    return Section("importance", "importance", Words(_("What matters most"), language), explanation, ratings)


def _about_partner(
    instrument: Instrument, circumstances: Circumstances, partner: str, name: Words, language: str
) -> Section:
    part = instrument.dyadic
    contact = (asked(part.contact, language, partner=name.text),) if part else ()
    ratings = ratings_about(instrument, name.text, language, circumstances.form)
    always = asked_without_contact(instrument)
    code = f"partner-{partner}"
    return Section(code, "dyads", name, ratings=ratings, questions=contact, partner=partner, always=always)


def _asked(questions: Sequence[Question], language: str) -> tuple[Asked, ...]:
    return tuple(asked(question, language) for question in questions)


def asked(question: Question, language: str, *, partner: str = "") -> Asked:
    """A question as this page asks it; `{partner}` in its text stands for the organization it is about."""
    choices = {choice.code: words_in(choice.texts, language) for choice in question.choices}
    return Asked(question.code, question.kind, _about(words_in(question.texts, language), partner), choices)


def _about(words: Words, partner: str) -> Words:
    return Words(words.text.replace("{partner}", partner), words.language)


def _rating(instrument: Instrument, item: Item | DyadItem, language: str) -> Rating:
    return _rated(item.code, words_in(item.texts, language), instrument.scale_of(item), language)


def _rated(name: str, text: Words, scale: Scale, language: str) -> Rating:
    return Rating(
        name,
        text,
        words_in(scale.low_label, language),
        words_in(scale.high_label, language),
        tuple(range(int(scale.low), int(scale.high) + 1)),
    )


def ratings_about(instrument: Instrument, partner: str, language: str, form: Form) -> tuple[Rating, ...]:
    """What one organization is asked about another, by its name."""
    if instrument.dyadic is None:
        return ()
    ratings = (_rating(instrument, item, language) for item in instrument.dyadic.items_in(form))
    return tuple(replace(rating, text=_about(rating.text, partner)) for rating in ratings)


def asked_without_contact(instrument: Instrument) -> frozenset[str]:
    """Who never worked together is asked for overall trust only, both ways."""
    part = instrument.dyadic
    return frozenset({part.overall, part.meta}) if part else frozenset()


def read_ratings(ratings: Sequence[Rating], form: Mapping[str, Any]) -> dict[str, int | str]:
    """The ratings of one page; absent means not answered. Raises InvalidAnswers for anything no page offers."""
    answers: dict[str, int | str] = {}
    for rating in ratings:
        raw = str(form.get(rating.name, ""))
        if raw in NON_ANSWERS:
            answers[rating.name] = raw
        elif raw in map(str, rating.points):
            answers[rating.name] = int(raw)
        elif raw:
            raise InvalidAnswers(
                "an answer that no page offers", fields={rating.name: "this is not a point of the scale"}
            )
    return answers


def read_choice(question: Asked, form: Mapping[str, Any]) -> dict[str, str]:
    """The choice made, by the question's name; empty where none was. Raises InvalidAnswers for one nobody offered."""
    raw = str(form.get(question.name, ""))
    if raw and raw not in question.choices:
        raise InvalidAnswers("an answer that no page offers", fields={question.name: "this is not one of the choices"})
    return {question.name: raw} if raw else {}


def read_background(questions: Sequence[Asked], form: Mapping[str, Any]) -> tuple[dict[str, int | str], set[str]]:
    """Answers about the person, and the codes of those that cannot be read."""
    answers: dict[str, int | str] = {}
    wrong: set[str] = set()
    for question in questions:
        if question.kind != "months":
            answers |= read_choice(question, form)
        elif raw := str(form.get(question.name, "")).strip():
            months = whole_number(raw)
            if months is None or months > MONTHS_LIMIT:
                wrong.add(question.name)
            else:
                answers[question.name] = months
    return answers, wrong


def whole_number(text: str) -> int | None:
    """A whole number in any script's digits: Khmer keyboards type ០១២."""
    try:
        digits = [unicodedata.decimal(sign) for sign in text]
    except ValueError:
        return None
    return int("".join(map(str, digits))) if len(digits) <= 4 else None


def read_comments(
    questions: Sequence[Asked], topics: Collection[str], form: Mapping[str, Any]
) -> tuple[list[dict[str, str]], dict[str, int]]:
    """Open answers, and by how many characters those are too long that are: they are refused, never cut."""
    comments, too_long = [], {}
    for question in questions:
        text = str(form.get(question.name, "")).replace("\r\n", "\n").strip()
        topic = str(form.get(f"{question.name}.topic", ""))
        audience = str(form.get(f"{question.name}.audience", "all"))
        if topic not in ("", *topics) or audience not in ("all", "facilitator"):
            raise InvalidAnswers(
                "an answer that no page offers", fields={question.name: "this is not one of the choices"}
            )
        if len(text) > TEXT_LIMIT:
            too_long[question.name] = len(text) - TEXT_LIMIT
        if text or topic:
            comment = {"topic": topic, "kind": question.name, "text": text, "audience": audience}
            comments.append(comment | ({CONCERN: "yes"} if form.get(f"{question.name}.concern") == "yes" else {}))
    return comments, too_long


def missing_from(section: Section, content: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of what has no answer yet. Open questions are never missing."""
    if section.kind == "comments":
        return ()
    given = given_in(section, content)
    asked_for = set(section.texts)
    if section.kind == "dyads" and given.get(section.questions[0].name) == NO_CONTACT:
        asked_for = {section.questions[0].name, *section.always}
    return tuple(name for name in section.texts if name in asked_for and name not in given)


def given_in(section: Section, content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The saved answers of one page; those about partners lie by partner."""
    given: Mapping[str, Any] = content.get(section.kind, {})
    return given.get(section.partner, {}) if section.kind == "dyads" else given


def digits_in(text: str) -> str:
    """The digits of a code as typed, in any script, without spaces and dashes."""
    return "".join(str(unicodedata.decimal(sign)) for sign in text if sign.isdecimal())
