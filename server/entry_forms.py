"""Entries of charters and registers as forms and as words, both made from their description."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from starlette.datastructures import FormData

from server.languages import format_day, translator
from server.wording import N_
from surveys.descriptions import LONGEST, Description, Field
from surveys.instruments import text_in

FAULTS = {
    "empty": N_("This is needed."),
    "too_long": N_("This text is longer than {limit} characters. Nothing was cut or saved."),
    "not_a_day": N_("This is not a date."),
    "not_a_number": N_("This is not a number that can be here."),
    "not_a_choice": N_("Please choose one of these."),
    "not_a_partner": N_("Please choose a partner of this partnership."),
    "wrong_side": N_("Please choose a partner of the side that is asked for."),
    "unreadable": N_("This holds signs that cannot be read."),
    "locked": N_("This stays as it is: the rounds have begun, and trends would mean nothing after a change."),
    "above_whole": N_("The part is larger than the whole."),
    "unknown": N_("This is not asked here."),
}
MANY = ("several", "partners")


@dataclass(frozen=True, slots=True)
class Names:
    """What entries refer to, as the reader calls it: partners, lessons and other partnerships by id."""

    partners: Mapping[str, str] = field(default_factory=dict)
    sides: Mapping[str, bool] = field(default_factory=dict)
    lessons: Mapping[str, str] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    code: str
    words: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class FormField:
    """One field as the form shows it, with what was typed and what is wrong with it."""

    code: str
    kind: str
    label: str
    value: str
    choices: tuple[Choice, ...]
    is_required: bool
    fault: str


def read_entry(description: Description, form: FormData) -> dict[str, Any]:
    """What was typed, field by field; what is not described is not read."""
    return {
        one.code: [str(value) for value in form.getlist(one.code)] if one.kind in MANY else str(form.get(one.code, ""))
        for one in description.fields
    }


def form_fields(
    description: Description,
    values: Mapping[str, Any],
    faults: Mapping[str, str],
    names: Names,
    language: str,
    prefix: str = "",
) -> tuple[FormField, ...]:
    return tuple(_form_field(one, values.get(one.code), faults, names, language, prefix) for one in description.fields)


def _form_field(
    one: Field, value: Any, faults: Mapping[str, str], names: Names, language: str, prefix: str
) -> FormField:
    plain = ("yes" if value else "no") if isinstance(value, bool) else value
    chosen = plain if isinstance(plain, list) else [plain]
    return FormField(
        code=prefix + one.code,
        kind=one.kind,
        label=text_in(one.label, language),
        value="" if plain is None or isinstance(plain, list) else str(plain),
        choices=tuple(Choice(code, words, code in chosen) for code, words in _choices(one, names, language)),
        is_required=one.required,
        fault=fault_words(faults[prefix + one.code], one.kind, language) if prefix + one.code in faults else "",
    )


def fault_words(fault: str, kind: str, language: str) -> str:
    said = translator(language).gettext(FAULTS.get(fault, FAULTS["unreadable"]))
    return said.format(limit=LONGEST.get(kind, 0)) if fault == "too_long" else said


def _choices(one: Field, names: Names, language: str) -> list[tuple[str, str]]:
    _ = translator(language).gettext
    match one.kind:
        case "choice" | "several":
            return [(choice.code, text_in(choice.texts, language)) for choice in one.choices]
        case "yes_no":
            return [("yes", _("yes")), ("no", _("no"))]
        case "partner" | "partners":
            wanted = {"": (True, False), "national": (True,), "external": (False,)}[one.side]
            return [(id_, name) for id_, name in names.partners.items() if names.sides.get(id_) in wanted]
        case "lesson":
            return list(names.lessons.items())
        case "other":
            return list(names.others.items())
        case _:
            return []


def value_words(one: Field, value: Any, names: Names, language: str) -> str:
    """A stored value as the reader says it; empty where nothing was said."""
    _ = translator(language).gettext
    if value is None:
        return ""
    match one.kind:
        case "choice" | "several":
            texts = {choice.code: text_in(choice.texts, language) for choice in one.choices}
            return ", ".join(texts.get(code, code) for code in _listed(value))
        case "yes_no":
            return _("yes") if value else _("no")
        case "day":
            return format_day(date.fromisoformat(value), language)
        case "count" | "amount":
            return f"{value:,}".replace(",", "\u00a0")
        case "partner" | "partners":
            return ", ".join(names.partners.get(id_, _("a former partner")) for id_ in _listed(value))
        case "lesson":
            return names.lessons.get(value, _("a lesson that is kept elsewhere"))
        case _:
            return str(value)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def entry_words(
    description: Description, body: Mapping[str, Any], names: Names, language: str
) -> tuple[tuple[str, str], ...]:
    """The entry as label and words, without what was left empty."""
    return tuple(
        (text_in(one.label, language), value_words(one, body[one.code], names, language))
        for one in description.fields
        if body.get(one.code) not in (None, "", [])
    )
