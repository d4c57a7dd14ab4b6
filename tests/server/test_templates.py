"""Every template compiles in every language, and a page is exactly what its template shows."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import fields

import pytest
from jinja2 import nodes

import server.routes
from server.languages import LANGUAGES
from server.pages import TEMPLATES, Page, environment

for found in pkgutil.iter_modules(server.routes.__path__):
    importlib.import_module(f"server.routes.{found.name}")

NAMES = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))


def pages(of: type[Page] = Page) -> Iterator[type[Page]]:
    for page in of.__subclasses__():
        yield page
        yield from pages(page)


PAGES = sorted(set(pages()), key=lambda page: page.__qualname__)


def parsed(name: str) -> nodes.Template:
    loaded = environment("en")
    source, _, _ = loaded.loader.get_source(loaded, name)
    return loaded.parse(source)


def with_parts(name: str, seen: set[str] | None = None) -> set[str]:
    """The template and everything it is made of; base.html belongs to every page and to none."""
    seen = set() if seen is None else seen
    seen.add(name)
    for node in parsed(name).find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        part = node.template.value if isinstance(node.template, nodes.Const) else None
        if part and part != "base.html" and part not in seen:
            with_parts(part, seen)
    return seen


def shown(name: str) -> set[str]:
    """What the template and its parts ask of `page`."""
    return {
        node.attr
        for part in with_parts(name)
        for node in parsed(part).find_all(nodes.Getattr)
        if isinstance(node.node, nodes.Name) and node.node.name == "page"
    }


def test_there_are_pages():
    assert len(NAMES) > 40
    assert len(PAGES) > 20


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_compiles(name, language):
    assert environment(language).get_template(name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
def test_page_is_what_its_template_shows(page):
    assert shown(page.template) == {field.name for field in fields(page)}


@pytest.mark.parametrize("name", NAMES)
def test_no_inline_script_or_style(name):
    source = (TEMPLATES / name).read_text(encoding="utf-8")
    if name == "brief/file.html":
        return  # one file that needs nothing beside it
    for forbidden in ("<script>", "<style", " style=", " onclick=", "hx-on", "javascript:"):
        assert forbidden not in source
