"""The languages of the interface; translations are read from .po files at the start, no compile step."""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("en", "km", "fr")
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
