"""An instrument as an XLSForm: to be changed in a spreadsheet and read back, and to be used by other tools."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from server.exchange.xlsform_words import (
    ABOUT,
    EXPLANATION,
    IMPORTANCE,
    NON_ANSWER_LABELS,
    OPEN,
    PARTNER,
    PARTNERS,
    heading,
)
from surveys.instruments import DyadItem, Instrument, Item, Question, Scale, Texts, text_in

CREATED = datetime(2020, 1, 1, tzinfo=UTC)  # the same instrument gives the same bytes
OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
OURS = ("facet", "source", "reverse", "condition", "not_in_index", "short_form", "in_trust", "scale", "series", "order")
TEXTS = ("texts", "titles", "explanations", "importance", "low_label", "high_label")
Row = dict[str, str]


def to_xlsform(instrument: Instrument) -> bytes:
    """The workbook. Reading it back gives the same instrument."""
    from xlsxwriter import Workbook

    languages = languages_of(instrument)
    labels = [heading("label", one) for one in languages]
    sheets = {
        "survey": (["type", "name", *labels, *(f"rapport_{one}" for one in OURS)], list(_survey(instrument))),
        "choices": (["list_name", "name", *labels], list(_choices(instrument))),
        "settings": _settings(instrument, languages),
        "headlines": (["code", "constructs", *labels], list(_headlines(instrument))),
        "scales": (
            [
                "scale",
                "low",
                "high",
                "whole",
                *(heading(end, one) for end in ("low_label", "high_label") for one in languages),
            ],
            list(_fine_scales(instrument)),
        ),
        "retired": (["item", "construct"], [{"item": k, "construct": v} for k, v in instrument.retired.items()]),
    }
    file = io.BytesIO()
    with Workbook(file, OPTIONS) as book:
        book.set_properties({"title": instrument.code, "author": "Rapport", "created": CREATED})
        bold = book.add_format({"bold": True})
        for name, (header, rows) in sheets.items():
            if rows or name in ("survey", "choices", "settings"):
                _write(book.add_worksheet(name), header, rows, bold)
    return file.getvalue()


def languages_of(instrument: Instrument) -> tuple[str, ...]:
    """The languages of the instrument, and any other that some text is in."""
    body = instrument.model_dump(mode="json", by_alias=True)
    return tuple(dict.fromkeys([*instrument.languages, *sorted(_languages_in(body))]))


def _languages_in(part: Any) -> Iterator[str]:
    if isinstance(part, Mapping):
        for name, value in part.items():
            if name in TEXTS and isinstance(value, Mapping) and all(isinstance(one, str) for one in value.values()):
                yield from value
            else:
                yield from _languages_in(value)
    elif isinstance(part, list):
        for one in part:
            yield from _languages_in(one)


def _write(sheet: Any, header: Sequence[str], rows: Sequence[Row], bold: Any) -> None:
    sheet.freeze_panes(1, 0)
    for place, name in enumerate(header):
        wide = name.partition("::")[0] in ("label", "low_label", "high_label")
        sheet.set_column(place, place, 48 if wide else 18)
        sheet.write_string(0, place, name, bold)
        for at, row in enumerate(rows, start=1):
            if row.get(name):
                sheet.write_string(at, place, row[name])


def _labelled(texts: Texts, **cells: str) -> Row:
    return {**cells, **{heading("label", code): text for code, text in texts.items()}}


def _survey(instrument: Instrument) -> Iterator[Row]:
    place = {item.code: str(at) for at, item in enumerate(instrument.items, start=1)}
    listed = [item.code for construct in instrument.constructs for item in instrument.items_of(construct.code)]
    is_moved = listed != list(place)
    for construct in instrument.constructs:
        yield _labelled(construct.titles, type="begin_group", name=construct.code)
        if construct.explanations:
            yield _labelled(construct.explanations, type="note", name=construct.code + EXPLANATION)
        for item in instrument.items_of(construct.code):
            yield _item(instrument, item) | ({"rapport_order": place[item.code]} if is_moved else {})
        yield {"type": "end_group"}
    yield from _importance(instrument)
    yield from _dyads(instrument)
    yield from _questions(instrument.background, ABOUT, {"en": "About you", "km": "អំពីលោកអ្នក", "fr": "À propos de vous"})
    own = {"en": "In your own words", "km": "តាមពាក្យរបស់លោកអ្នកផ្ទាល់", "fr": "Avec vos propres mots"}
    yield from _questions(instrument.open_questions, OPEN, own)


def _item(instrument: Instrument, item: Item) -> Row:
    return {
        **_labelled(item.texts, name=item.code, **_scale_type(item.scale, instrument.scale_of(item))),
        "rapport_facet": item.facet,
        "rapport_source": item.source,
        "rapport_reverse": "yes" if item.reverse else "",
        "rapport_condition": item.condition or "",
        "rapport_not_in_index": "" if item.in_index else "yes",
        "rapport_series": item.series,
    }


def _scale_type(code: str, scale: Scale) -> Row:
    if is_fine(scale):
        return {"type": "range", "rapport_scale": code}
    return {"type": f"select_one {code}"}


def is_fine(scale: Scale) -> bool:
    """Whether it has points between whole numbers, so that it cannot be a list of choices."""
    return not scale.whole or scale.low != int(scale.low) or scale.high != int(scale.high)


def _importance(instrument: Instrument) -> Iterator[Row]:
    if not instrument.importance:
        return
    code = IMPORTANCE if IMPORTANCE in instrument.scales else next(iter(instrument.scales))
    titles = {construct.code: construct.titles for construct in instrument.constructs}
    yield _labelled(instrument.importance, type="begin_group", name=IMPORTANCE)
    for construct in instrument.composite or titles:
        name = f"{IMPORTANCE}_{construct}"
        yield _labelled(titles[construct], name=name, **_scale_type(code, instrument.scales[code]))
    yield {"type": "end_group"}


def _dyads(instrument: Instrument) -> Iterator[Row]:
    part = instrument.dyadic
    if part is None:
        return
    every = {"en": "About each other partner", "km": "អំពីដៃគូនីមួយៗផ្សេងទៀត", "fr": "Sur chacun des autres partenaires"}
    yield _labelled(every, type="begin_repeat", name=PARTNERS)
    name = {"en": "Name of the partner", "km": "ឈ្មោះដៃគូ", "fr": "Nom du partenaire"}
    yield _labelled(name, type="text", name=PARTNER)
    kind = f"select_one {part.contact.code}" if part.contact.choices else "text"
    yield _labelled(_referring(part.contact.texts), type=kind, name=part.contact.code)
    for item in part.items:
        yield _dyad_item(instrument, item)
    yield {"type": "end_repeat"}


def _dyad_item(instrument: Instrument, item: DyadItem) -> Row:
    scale = _scale_type(item.scale, instrument.scale_of(item))
    return {
        **_labelled(_referring(item.texts), name=item.code, **scale),
        "rapport_facet": item.facet,
        "rapport_source": item.source,
        "rapport_short_form": "yes" if item.short_form else "",
        "rapport_in_trust": "yes" if item.in_trust else "",
    }


def _referring(texts: Texts) -> Texts:
    """The name of the partner as XLSForm refers to it."""
    return {code: text.replace("{partner}", "${partner}") for code, text in texts.items()}


def _questions(questions: Sequence[Question], name: str, title: Texts) -> Iterator[Row]:
    if not questions:
        return
    yield _labelled(title, type="begin_group", name=name)
    for one in questions:
        kind = {"months": "integer", "open": "text"}.get(one.kind, f"select_one {one.code}")
        yield _labelled(one.texts, type=kind, name=one.code)
    yield {"type": "end_group"}


def _choices(instrument: Instrument) -> Iterator[Row]:
    for code, scale in instrument.scales.items():
        if not is_fine(scale):
            yield from _points(code, scale, languages_of(instrument))
    questions = [one for one in instrument.background if one.kind == "choice"]
    for question in [*questions, *([instrument.dyadic.contact] if instrument.dyadic else [])]:
        for choice in question.choices:
            yield _labelled(choice.texts, list_name=question.code, name=choice.code)


def _points(code: str, scale: Scale, languages: Sequence[str]) -> Iterator[Row]:
    """The points of a scale, of which the ends are labelled, and the two ways of not answering."""
    first, last = int(scale.low), int(scale.high)
    for point in range(first, last + 1):
        numbers = {language: str(point) for language in languages}
        ends = {first: scale.low_label, last: scale.high_label}.get(point, {})
        yield _labelled(numbers | ends, list_name=code, name=str(point))
    for name, texts in NON_ANSWER_LABELS.items():
        said = {language: text_in(texts, language) for language in languages}
        yield _labelled(said, list_name=code, name=name)


def _settings(instrument: Instrument, languages: Sequence[str]) -> tuple[list[str], list[Row]]:
    first = instrument.languages[0]
    cells = {
        "form_title": text_in(instrument.titles, first),
        "form_id": instrument.code,
        "version": str(instrument.version),
        "default_language": heading("", first).removeprefix("::"),
        "rapport_languages": " ".join(instrument.languages),
        "rapport_drafts": " ".join(instrument.drafts),
        "rapport_composite": " ".join(instrument.composite),
    }
    if instrument.dyadic is not None:
        cells |= {"rapport_overall": instrument.dyadic.overall, "rapport_meta": instrument.dyadic.meta}
    cells |= {heading("rapport_title", one): instrument.titles.get(one, "") for one in languages}
    return list(cells), [cells]


def _headlines(instrument: Instrument) -> Iterator[Row]:
    for one in instrument.headlines:
        yield _labelled(one.titles, code=one.code, constructs=" ".join(one.constructs))


def _fine_scales(instrument: Instrument) -> Iterator[Row]:
    for code, scale in instrument.scales.items():
        if is_fine(scale):
            labels = {heading("low_label", language): text for language, text in scale.low_label.items()}
            labels |= {heading("high_label", language): text for language, text in scale.high_label.items()}
            whole = {"whole": "yes"} if scale.whole else {}
            yield {"scale": code, "low": f"{scale.low:g}", "high": f"{scale.high:g}", **labels, **whole}
