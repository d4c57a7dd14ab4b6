"""Every sentence of the interface is there in every language, with its placeholders; none bypasses the translator."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from server.languages import LANGUAGES, translator
from tests.translations import COMMENTS, ROOT, catalog_of, sentences

SENTENCES = sorted(set(sentences()), key=str)
IDS = {message for _, message in SENTENCES}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}")
KHMER = re.compile("[ក-៹]")
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
NAMES = {"Rapport", "SVG", "PNG", "CSV", "PDF"}  # the same in every language
languages = pytest.mark.parametrize("language", sorted(COMMENTS))


def forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def test_sentences_are_found():
    assert len(IDS) > 300
    assert "I cannot judge" in IDS  # a template
    assert "nobody answered" in IDS  # marked with N_
    assert ("%(num)s person", "%(num)s people") in IDS


def test_every_language_but_english_has_a_file():
    assert {"en", *COMMENTS} == set(LANGUAGES)


@languages
def test_nothing_is_missing_and_nothing_is_left_over(language):
    written = {message.id for message in catalog_of(language) if message.id}
    assert sorted(map(str, IDS - written)) == [], "run python -m tests.translations, then translate"
    assert sorted(map(str, written - IDS)) == [], "run python -m tests.translations"


@languages
def test_every_sentence_is_translated(language):
    catalog = catalog_of(language)
    n_forms = {"km": 1, "fr": 2}[language]
    assert catalog.num_plurals == n_forms
    for message in catalog:
        if message.id:
            said = forms(message.string)
            assert all(text.strip() for text in said), f"untranslated: {message.id!r}"
            assert not message.fuzzy, f"to be confirmed: {message.id!r}"
            assert len(said) == (n_forms if message.pluralizable else 1), message.id


@languages
def test_placeholders_survive_translation(language):
    for message in catalog_of(language):
        if message.id:
            wanted = Counter(PLACEHOLDER.findall(forms(message.id)[-1]))
            for text in forms(message.string):
                assert Counter(PLACEHOLDER.findall(text)) == wanted, f"{message.id!r} -> {text!r}"


@languages
def test_sentences_of_templates_can_be_filled_in(language):
    """Templates fill in with %: a stray per cent sign would be a crash on the page."""
    names = {"num": 2, **dict.fromkeys(re.findall(r"%\((\w+)\)", " ".join(str(one) for one in IDS)), "x")}
    catalog = catalog_of(language)
    for where, message in SENTENCES:
        if where.startswith("templates/"):
            for text in (*forms(message), *forms(catalog[forms(message)[0]].string)):
                assert text % names


def test_khmer_is_written_in_khmer():
    for message in catalog_of("km"):
        if any(sign.isalpha() for sign in PLACEHOLDER.sub("", "".join(forms(message.id)))):
            assert all(KHMER.search(text) for text in forms(message.string)), message.id


def test_french_follows_french_typography():
    for message in catalog_of("fr"):
        for text in forms(message.string) if message.id else ():
            assert not re.search(r"\w [;:!?»%]|« ", text), f"a no-break space is missing: {text!r}"
            assert "'" not in text, f"a straight apostrophe: {text!r}"


def test_a_translator_speaks_its_language():
    assert translator("fr").gettext("Back") == "Retour"
    assert translator("km").ngettext("%(num)s person", "%(num)s people", 1) == "មនុស្ស %(num)s នាក់"
    assert translator("fr").ngettext("%(num)s text", "%(num)s texts", 0) == "%(num)s texte"
    assert translator("en").gettext("Back") == "Back"


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_templates_say_nothing_past_the_translator(path: Path):
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"\{% block trigger %\}.*?\{% endblock %\}", "", text)  # words of htmx
    text = re.sub(r'<span class="sample">.*?</span>', "", text)  # typed alike in every language
    source = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", text, flags=re.DOTALL)
    source = re.sub(r"<(style|script)\b.*?</\1>", " ", source, flags=re.DOTALL)
    spoken = " ".join(re.findall(r'\b(?:aria-label|title|alt|placeholder)="([^"]*)"', source))
    written = re.sub(r'<[^>]*>|&\w+;|\b[\w-]+="[^"]*"', " ", source)
    words = set(re.findall(r"[^\W\d_]{2,}", f"{written} {spoken}"))
    assert words <= NAMES
