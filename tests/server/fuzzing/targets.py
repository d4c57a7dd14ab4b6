"""Where forms are sent: what the pages of each visitor offer, and every other route with what it asks for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.testclient import TestClient

from tests.server import access_table as table
from tests.server.cast import PARAMETER, RELEASED_ONLY, Route
from tests.server.fuzzing.found import Form, forms_and_links, kind_of, local
from tests.server.fuzzing.visitors import Visitor

ELSEWHERE = re.compile(
    r"/api/v1|/static/|/keys/rounds/"  # tests/server/api/test_document.py; the last commits by itself
)
AT_MOST = 6  # targets of one kind for one visitor


@dataclass(frozen=True)
class Target:
    visitor: Visitor
    path: str
    fields: Mapping[str, Sequence[str]]
    query: Mapping[str, Sequence[str]]


class Map:
    """The routes, to find the one an address belongs to."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self.routes = [one for one in routes if not ELSEWHERE.match(one.path)]
        self._patterns = [
            (re.compile(PARAMETER.sub("[^/]+", re.sub(r"\.", r"\\.", one.path))), one) for one in self.routes
        ]

    def find(self, method: str, path: str) -> Route | None:
        return next((one for seen, one in self._patterns if one.method == method and seen.fullmatch(path)), None)

    def worth(self, path: str, at_most: int) -> int:
        """How many pages that differ in identifiers alone are looked at: one, where a word tells what the page is."""
        route = self.find("GET", path)
        parts = zip(route.path.split("/"), kind_of(path).split("/"), strict=True) if route else ()
        return 1 if any("{" in spelled and part != "*" for spelled, part in parts) else at_most


def offered(browser: TestClient, routes: Map, visitor: Visitor) -> Iterator[Form]:
    """Every form and every link that this visitor comes across."""
    browser.cookies.clear()
    browser.cookies.update(visitor.cookies)
    waiting, seen, kinds = [*visitor.pages], {*visitor.pages}, Counter[str]()
    forms, _ = forms_and_links(visitor.shown, "/")
    yield from forms
    while waiting:
        address = waiting.pop(0)
        answer = browser.get(address)
        assert answer.status_code < 500, address
        if answer.status_code == 303:
            links = [answer.headers["location"]]
        elif "text/html" in answer.headers.get("content-type", ""):
            forms, links = forms_and_links(answer.text, address)
            yield from forms
        else:
            continue
        for link in local(links):
            path, _, query = link.partition("?")
            yield Form("GET", path, {name: [value] for name, value in parse_qsl(query)})
            kind = kind_of(path) + re.sub(r"=[^&]*", "", query)
            if link not in seen and kinds[kind] < routes.worth(path, visitor.looks) and "." not in path:
                kinds[kind] += 1
                seen.add(link)
                waiting.append(link)


def targets_of(
    browser: TestClient, routes: Map, visitors: Sequence[Visitor], ids: Mapping[str, Any]
) -> list[tuple[Route, list[Target]]]:
    found: dict[str, list[Target]] = {one.line: [] for one in routes.routes}
    kinds = Counter[Any]()
    for visitor in visitors:
        for form in offered(browser, routes, visitor):
            route = routes.find(form.method, form.path)
            kind = (visitor.name, form.method, kind_of(form.path), tuple(sorted(form.fields)))
            if route is None or kinds[kind] >= AT_MOST:
                continue
            kinds[kind] += 1
            found[route.line].append(_target(route, visitor, form))
    for route in routes.routes:
        if not (known := found[route.line]):
            address = route.address(ids | ({"number": 1} if RELEASED_ONLY.search(route.path) else {}))
            known += [_target(route, one, Form(route.method, address)) for one in _who_may(route, visitors)]
    return [(route, found[route.line]) for route in routes.routes]


def _target(route: Route, visitor: Visitor, form: Form) -> Target:
    asks: dict[str, Sequence[str]] = {name: ["1"] for name in route.asks}
    if route.method == "GET":
        return Target(visitor, form.path, {}, asks | form.fields)
    declared = {name: [str(sample)] for name, sample in route.form.items()}
    return Target(visitor, form.path, declared | form.fields, asks | form.query)


def _who_may(route: Route, visitors: Sequence[Visitor]) -> list[Visitor]:
    """Somebody of the table who gets in, else whoever comes first: an answer is owed to everybody."""
    line = table.find_line(route.method, route.path)
    may = table.EXPECTED[line] if line else frozenset()
    if may <= table.ANSWERS and may:
        return [one for one in visitors if one.name.startswith("respondent")]
    return [one for one in visitors if one.name in may][:1] or list(visitors[:1])
