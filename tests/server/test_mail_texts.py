"""Every mail in every language, with the placeholders it needs; and what a partnership may change about it."""

from __future__ import annotations

import re

import pytest

from server.languages import LANGUAGES, translator
from server.mail_texts import (
    ALLOWED,
    FOLDER,
    KINDS,
    PLACEHOLDER,
    REQUIRED,
    TITLES,
    Text,
    faults_of,
    fill,
    kind_of_text,
    standard_text,
    subject_of,
)
from surveys.models.mail import MAILING_KINDS

english = translator("en").gettext
GOOD = standard_text("invitation", "en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_standard_texts_may_be_used(kind, language):
    text = standard_text(kind, language)
    assert faults_of(kind, text, english) == ()
    english_text = standard_text(kind, "en")
    assert set(PLACEHOLDER.findall(text.body)) == set(PLACEHOLDER.findall(english_text.body))
    assert set(PLACEHOLDER.findall(text.subject)) == set(PLACEHOLDER.findall(english_text.subject))


def test_no_text_is_left_over():
    assert {path.name for path in FOLDER.iterdir()} == {f"{kind}.{code}.txt" for kind in KINDS for code in LANGUAGES}
    assert {kind_of_text(kind) for kind in MAILING_KINDS} == set(KINDS) == set(REQUIRED)
    assert set(TITLES) == set(MAILING_KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_french_and_khmer_are_what_they_say(kind):
    french = standard_text(kind, "fr")
    assert not re.search(r"\w [;:?!»]|« |'", french.subject + french.body)
    assert re.search("[ក-៹]", standard_text(kind, "km").subject)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (Text("Hello", GOOD.body + "{password}"), "“{password}” is not a placeholder of this mail."),
        (Text("Hello {brief}", GOOD.body), "“{brief}” is not a placeholder of this mail."),
        (Text("Hello", GOOD.body.replace("{link}", "")), "“{link}” (the personal link) must stay in the text."),
        (Text("Hello", GOOD.body.replace("{confidentiality}", "")), "“{confidentiality}” (what is promised"),
        (Text("Hello", GOOD.body.replace("{reminders}", "")), "“{reminders}” (when reminders come) must stay"),
        (Text("Hello {link}", GOOD.body), "no link, code or results in it"),
        (Text("", GOOD.body), "The subject is empty"),
        (Text("a=?b?=", GOOD.body), "The subject is empty, too long, or holds signs"),
        (Text("a\nBcc: x", GOOD.body), "The subject is empty, too long, or holds signs"),
        (Text("Hello", GOOD.body + "x" * 6000), "The text has at most 6000 characters"),
        (Text("Hello", GOOD.body + "\x1b[31m"), "The text has at most 6000 characters"),
    ],
)
def test_faults(text, words):
    assert words in " ".join(faults_of("invitation", text, english))


def test_brackets_that_are_none():
    text = Text("Hello", GOOD.body + "{{7*7}} {% x %} ${1} { person }")
    assert "“{7*7}” is not a placeholder" in " ".join(faults_of("invitation", text, english))
    assert faults_of("invitation", Text("Hello", GOOD.body + "{ and } and {a b}"), english) == ()


def test_values_are_not_filled_again():
    assert fill("Dear {person}, {link}", {"person": "{link} {{link}}", "link": "L"}) == "Dear {link} {{link}}, L"
    assert fill("{unknown}", {}) == "{unknown}"


def test_subject_is_one_safe_line():
    values = {"partnership": "Clean\nwater =?utf-8?q?x?= \u202e\x07" + "x" * 400, "closes": "now"}
    line = subject_of(standard_text("reminder", "en"), values)
    assert "\n" not in line
    assert "=?" not in line
    assert "\x07" not in line
    assert len(line) <= 250


def test_placeholders_are_explained():
    from server.mail_texts import MEANINGS

    assert set(MEANINGS) == {name for names in ALLOWED.values() for name in names}
