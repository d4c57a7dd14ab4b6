"""What Rapport and XLSForm call the same things. Columns that begin with `rapport_` are ours, ignored elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping

from surveys.instruments import Texts

LANGUAGE_NAMES = {"en": "English", "km": "Khmer", "fr": "French"}
IMPORTANCE, PARTNERS, PARTNER, ABOUT, OPEN = "importance", "partners", "partner", "about_you", "own_words"
EXPLANATION = "_about"  # ends the name of the note that explains a construct
NON_ANSWER_LABELS: Mapping[str, Texts] = {
    "cannot_judge": {"en": "I cannot judge", "km": "ខ្ញុំមិនអាចវាយតម្លៃបាន", "fr": "Je ne peux pas en juger"},
    "prefer_not": {"en": "I prefer not to answer", "km": "ខ្ញុំមិនចង់ឆ្លើយ", "fr": "Je préfère ne pas répondre"},
}
LABEL = re.compile(r"(?P<column>[a-z_]+)(?:\s*::\s*(?P<language>.+))?", re.IGNORECASE)
CODE_IN = re.compile(r"\(([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})?)\)\s*$")
BY_NAME = {name.casefold(): code for code, name in LANGUAGE_NAMES.items()} | {"français": "fr", "ភាសាខ្មែរ": "km"}


def heading(column: str, language: str) -> str:
    """`label::English (en)`, as XLSForm writes languages."""
    return f"{column}::{LANGUAGE_NAMES.get(language, language)} ({language})"


def language_of(text: str) -> str:
    """The code of a language as somebody wrote it; empty where it is none we know of."""
    plain = text.strip()
    found = CODE_IN.search(plain)
    if found:
        return found[1].lower()
    if plain.casefold() in BY_NAME:
        return BY_NAME[plain.casefold()]
    return plain.lower() if re.fullmatch(r"[A-Za-z]{2,3}", plain) else ""
