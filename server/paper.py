"""The questionnaire on paper: the same sections as the pages, as a tagged PDF. The same form gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from server.brief_pdf import FONT_PACKAGES
from server.qr import qr_picture
from server.questionnaire import Rating, Section
from surveys.answers import TEXT_LIMIT

TEMPLATE = Path(__file__).resolve().parent.parent / "templates" / "paper" / "form.typ"
Gettext = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whose form it is: with the link as QR code, and the code in letters for whoever types the paper in."""

    name: str
    organization: str
    code: str
    link: str
    enter_at: str


@dataclass(frozen=True, slots=True)
class PaperForm:
    """One questionnaire as it is printed. is_position: an organization answers about its partners, and signs."""

    language: str
    title: str
    subtitle: str
    sections: Sequence[Section]
    topics: Mapping[str, str]
    closes: str
    addressee: Addressee | None = None
    is_position: bool = False


def to_pdf(form: PaperForm, _: Gettext) -> bytes:
    """The form as PDF/UA-1."""
    import typst  # only printing needs it

    from server.pdf_text import readable_khmer

    made = typst.compile(
        str(TEMPLATE),
        font_paths=[str(resources.files(package) / "files") for package in FONT_PACKAGES],
        ignore_system_fonts=True,
        sys_inputs={"form": json.dumps(_content(form, _), ensure_ascii=False)},
        pdf_standards="ua-1",
    )
    return readable_khmer(made)


def _content(form: PaperForm, _: Gettext) -> dict[str, Any]:
    return {
        "language": form.language,
        "title": form.title,
        "subtitle": form.subtitle,
        "person": _person(form.addressee, _) if form.addressee else None,
        "notices": _notices(form, _),
        "guide": [
            _("Circle one number in each line, or ? if you cannot judge, or × if you prefer not to answer."),
            _("What has no answer may stay so. Hand the form in before {moment}.").format(moment=form.closes),
        ],
        "sections": [_section(section, form.topics, form.is_position, _) for section in form.sections],
        "words": {
            "statement": _("Statement"),
            "circle": _("Circle one"),
            "topic": _("What is it about?"),
            "audience": _("Who may read it?"),
            "audiences": [_("All partners"), _("The facilitator only")],
        },
        "signatures": [_("Drafted by"), _("Agreed and signed by")] if form.is_position else [],
        "footer": f"{form.title} – {form.subtitle}",
    }


def _person(one: Addressee, _: Gettext) -> dict[str, Any]:
    return {
        "name": one.name,
        "organization": one.organization,
        "code-label": _("Code of this form"),
        "code": one.code,
        "qr": qr_picture(one.link),
        "qr-label": _("QR code of the personal link"),
        "notices": [
            _("Scan the picture to answer on a phone instead."),
            _("Whoever types this form in does it at {address}, with this code.").format(address=one.enter_at),
            _(
                "Whoever holds this code can answer in your name until closing: keep this page apart, and destroy it "
                "when the form is typed in."
            ),
        ],
    }


def _notices(form: PaperForm, _: Gettext) -> list[str]:
    if form.is_position:
        return [
            _("These answers are not anonymous.")
            + " "
            + _("They are given under the name of your organization, as its position about each partner."),
            _("Leave out your own organization. The position counts when a second person of it has signed it online."),
        ]
    return [
        _(
            "Whoever types this form in sees your answers: give it only to a person you trust. Do not write your name "
            "on the pages with answers."
        ),
        _(
            "Typed in, it is sealed like all others and the paper should be destroyed. The results say how many "
            "answers came from paper, only as a range and only where enough people answered so."
        ),
    ]


def _section(section: Section, topics: Mapping[str, str], is_position: bool, _: Gettext) -> dict[str, Any]:
    has_texts = section.kind == "comments"
    return {
        "title": section.title.text,
        "note": _note(section, _),
        "scale": _scale(section.ratings[0], is_position, _) if section.ratings else "",
        "points": [str(point) for point in section.ratings[0].points] if section.ratings else [],
        "rows": [rating.text.text for rating in sorted(section.ratings, key=lambda one: one.name in section.always)],
        "choices": []
        if has_texts
        else [
            {"text": one.text.text, "choices": [choice.text for choice in one.choices.values()]}
            for one in section.questions
        ],
        "texts": [one.text.text for one in section.questions] if has_texts else [],
        "topics": list(topics.values()),
    }


def _note(section: Section, _: Gettext) -> str:
    if section.kind == "comments":
        return _("At most {limit} characters each.").format(limit=TEXT_LIMIT)
    if section.kind == "dyads":
        return _("If you have not worked with them, answer only the last two lines.")
    return section.explanation.text if section.explanation else ""


def _scale(rating: Rating, is_position: bool, _: Gettext) -> str:
    ends = f"{rating.points[0]} = {rating.low} · {rating.points[-1]} = {rating.high}"
    if is_position:
        return f"{ends} · ? = {_('We cannot judge')} · × = {_('We prefer not to answer')}"
    return f"{ends} · ? = {_('I cannot judge')} · × = {_('I prefer not to answer')}"
