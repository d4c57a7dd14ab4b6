"""What somebody types in from a paper form: one page for the whole questionnaire, read field by field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.positions import without_skipped
from server.questionnaire import Asked, Rating, Section, read_background, read_comments, whole_number
from server.sheets import Sheet

CANNOT_JUDGE, PREFER_NOT = ("?", "\uff1f", "\u061f"), ("x", "X", "\u00d7", "-", "\u2013")


@dataclass(frozen=True, slots=True)
class Typed:
    """The whole form as it was typed: the answers, and the names of the fields that cannot be read."""

    sheet: Sheet
    faults: tuple[str, ...]


def field_name(section: Section, name: str) -> str:
    """Questions about partners have the same names for each of them: the section tells them apart."""
    return f"{section.code}.{name}"


def read_typed(sheet: Sheet, form: Mapping[str, Any]) -> Typed:
    """Nothing that was not typed is kept: whatever was saved before is replaced by the paper."""
    faults: list[str] = []
    for section in sheet.sections:
        given = {name: str(form.get(field_name(section, name), "")) for name in _names(section)}
        answers, wrong = _read(section, given, sheet)
        faults += [field_name(section, name) for name in wrong]
        sheet = sheet.with_part(section, answers)
    return Typed(sheet, tuple(faults))


def _names(section: Section) -> Iterator[str]:
    yield from section.texts
    if section.kind == "comments":
        for question in section.questions:
            yield from (f"{question.name}.topic", f"{question.name}.audience")


def _read(section: Section, given: Mapping[str, str], sheet: Sheet) -> tuple[Any, Sequence[str]]:
    if section.kind == "comments":
        known = _known_choices(section, given, sheet)
        comments, too_long = read_comments(section.questions, sheet.topics, known)
        return comments, [*too_long]
    answers, wrong = _ratings(section.ratings, given)
    choices = {one.name: given[one.name] for one in section.questions}
    unknown = [one.name for one in section.questions if not _is_choice(one, choices[one.name])]
    background, unread = read_background(
        section.questions, {name: raw for name, raw in choices.items() if name not in unknown}
    )
    answers |= background
    if section.kind == "dyads":
        answers = without_skipped(answers, section.questions[0].name, section.always)
    return answers, [*wrong, *unknown, *sorted(unread)]


def _known_choices(section: Section, given: Mapping[str, str], sheet: Sheet) -> dict[str, str]:
    """Topics and audiences come from lists: what is not on them is left out, never guessed."""
    known = dict(given)
    for question in section.questions:
        topic, audience = f"{question.name}.topic", f"{question.name}.audience"
        known[topic] = given[topic] if given[topic] in sheet.topics else ""
        known[audience] = "facilitator" if given[audience] == "facilitator" else "all"
    return known


def _is_choice(question: Asked, raw: str) -> bool:
    return question.kind == "months" or not raw or raw in question.choices


def _ratings(ratings: Iterable[Rating], given: Mapping[str, str]) -> tuple[dict[str, int | str], list[str]]:
    answers: dict[str, int | str] = {}
    wrong: list[str] = []
    for rating in ratings:
        raw = given[rating.name].strip()
        point = whole_number(raw) if raw else None
        if raw in CANNOT_JUDGE:
            answers[rating.name] = "cannot_judge"
        elif raw in PREFER_NOT:
            answers[rating.name] = "prefer_not"
        elif point in rating.points:
            answers[rating.name] = point
        elif raw:
            wrong.append(rating.name)
    return answers, wrong
