"""The languages of the interface; translations are read from .po files at the start, no compile step."""

from __future__ import annotations

import re
from datetime import date
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.dates import format_date as babel_format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("en", "km", "fr")
DATES = {"en": "en_GB"}  # the day before the month: partners read English from many countries
DEFAULT_LABEL = re.compile(r"(Round|Pulse) (\d+)")
LOCALE = Path(__file__).resolve().parent.parent / "templates" / "locale"


@cache
def translator(language: str) -> NullTranslations:
    """Sentences in this language; the English sentence itself is the key."""
    path = LOCALE / f"{language}.po"
    if not path.exists():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    return GNUTranslations(compiled)


def label_in(label: str, language: str) -> str:
    """A round's label; the one it has when nobody named it is said in the reader's language."""
    found = DEFAULT_LABEL.fullmatch(label)
    if found is None:
        return label
    _ = translator(language).gettext
    said = _("Round {number}") if found[1] == "Round" else _("Pulse {number}")
    return said.format(number=found[2])


@lru_cache(maxsize=8192)  # a page of many partnerships says hundreds of days
def format_day(day: date, language: str) -> str:
    return str(babel_format_date(day, format="long", locale=DATES.get(language, language)))


@lru_cache(maxsize=4096)  # the same
def format_month(day: date, language: str) -> str:
    """Short enough for the axis of a chart."""
    return str(babel_format_date(day, format="MMM y", locale=DATES.get(language, language)))


def is_readable(text: str) -> bool:
    """Whether text holds only what can be seen, and the invisible spaces and joiners that Khmer is written with."""
    return all(sign.isprintable() or sign in "\u200b\u200c\u200d" for sign in text)
