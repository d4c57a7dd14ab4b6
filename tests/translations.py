"""Every sentence of the interface, and the .po files brought up to date with it: `python -m tests.translations`.

New sentences arrive untranslated and gone ones leave; translating is done by hand in templates/locale.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "templates" / "locale"
COMMENTS = {"fr": "French", "km": "Khmer; a draft that awaits a native reviewer"}
HEADER = """# {comment}

msgid ""
msgstr ""
"Language: {language}\\n"
"Plural-Forms: {plurals}\\n"
"Content-Type: text/plain; charset=utf-8\\n"

"""
SINGLE, PLURAL = ("_", "gettext", "N_"), ("ngettext",)
Message = str | tuple[str, str]


def catalog_of(language: str) -> Catalog:
    with (LOCALE / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def sentences() -> Iterator[tuple[str, Message]]:
    """Where a sentence stands, and the sentence; a pair where it has a plural."""
    for path in sorted((ROOT / "templates").rglob("*.html")):
        for message in _in_template(path):
            yield path.relative_to(ROOT).as_posix(), message
    for path in sorted((ROOT / "server").rglob("*.py")):
        for message in _in_code(path):
            yield path.relative_to(ROOT).as_posix(), message


def _in_template(path: Path) -> Iterator[Message]:
    options = {"extensions": "jinja2.ext.i18n", "trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true"}
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2)}
    with path.open("rb") as file:
        for _, message, *_ in extract("jinja2.ext:babel_extract", file, keywords, (), {**options, "silent": "false"}):
            yield message if isinstance(message, str) else (message[0], message[1])


def _in_code(path: Path) -> Iterator[Message]:
    """Only calls with a sentence written out: a name inside the call is marked elsewhere with N_."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            if name in SINGLE and texts:
                yield texts[0]
            elif name in PLURAL and len(texts) == 2:
                yield texts[0], texts[1]


def update(language: str) -> None:
    """Sentences in order, no dates and no line numbers: a change of the file is a change of words."""
    catalog, wanted = catalog_of(language), Catalog(charset="utf-8")
    for where, message in sentences():
        wanted.add(message, locations=[(where, 0)])
    catalog.update(wanted, no_fuzzy_matching=True)
    write(language, catalog)


def write(language: str, catalog: Catalog) -> None:
    catalog.obsolete.clear()
    body = BytesIO()
    write_po(body, catalog, width=120, sort_output=True, omit_header=True, include_lineno=False)
    header = HEADER.format(comment=COMMENTS[language], language=language, plurals=catalog.plural_forms)
    (LOCALE / f"{language}.po").write_text(header + body.getvalue().decode(), encoding="utf-8")


if __name__ == "__main__":
    for code in COMMENTS:
        update(code)
