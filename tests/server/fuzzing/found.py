"""The forms of a page: where each is sent, its fields, and what the page offers in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urljoin, urlsplit

FILES = (
    "form.xlsx", "list.csv", "scan.pdf", "torn.xlsx", "empty.csv", "../../scan.pdf", "\u202efdp.pdf", ".pdf", "CON",
    "x" * 300 + ".pdf", "លិខិត.pdf", "a\x00b.pdf", 'a"; filename="b.exe', "a\r\nSet-Cookie: x=y.pdf", "<b>.pdf",
)  # fmt: skip
USUAL = {
    "date": ("2026-07-01", "2026-06-15"),
    "email": ("somebody@example.org",),
    "password": ("correct horse battery",),
    "file": tuple(f"@file:{name}" for name in FILES),
    "numeric": ("7", "0"),
    "decimal": ("12", "0.5"),
    "dates": ("2026-09-01\n2027-03-01",),
    "zone": ("Asia/Phnom_Penh",),
}


@dataclass
class Form:
    method: str
    path: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    query: dict[str, list[str]] = field(default_factory=dict)
    moments: int = 0  # fields that ask for a day and an hour

    def offer(self, name: str, *values: str) -> None:
        offered = self.fields.setdefault(name, [])
        offered += [one for one in values if one not in offered]


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self.address, self.forms, self.links = address, [], []
        self._form: Form | None = None
        self._select = ""
        self._typed: tuple[str, str] | None = None  # a textarea or an option being read: its field, and what it holds

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and (href := given.get("href", "")):
            self.links.append(urljoin(self.address, href))
        elif tag == "form":
            target = urlsplit(urljoin(self.address, given.get("action", "")))
            self._form = Form(given.get("method", "get").upper(), target.path)
            for name, value in parse_qsl(target.query):
                self._form.query.setdefault(name, []).append(value)
            self.forms.append(self._form)
        elif self._form is not None:
            self._read_field(self._form, tag, given)

    def _read_field(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "option" and self._select:
            if "value" in given:
                form.offer(self._select, given["value"])
            else:
                self._typed = (self._select, "")
        elif tag == "select":
            self._select = name
        elif tag == "textarea" and name:
            self._typed = (name, "")
        elif tag in ("input", "button") and name:
            form.offer(name, *self._usual(form, name, given))

    def _usual(self, form: Form, name: str, given: dict[str, str]) -> list[str]:
        """What the page offers in a field, else what somebody would type there."""
        kind = given.get("type", "text")
        known = USUAL.get(name) or USUAL.get(given.get("inputmode", "")) or USUAL.get(kind)
        if kind == "number":
            known = (given.get("min") or "3", given.get("max") or "12")
        elif kind == "datetime-local":  # the end comes after the beginning
            form.moments += 1
            known = (f"2026-0{6 + form.moments}-01T09:00",)
        elif kind == "text" and not known:
            known = (f"Words of {name}", "7")
        return [*filter(None, [given.get("value", "")]), *(known or ())] or [""]

    def handle_data(self, data: str) -> None:
        if self._typed is not None:
            self._typed = (self._typed[0], self._typed[1] + data)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("textarea", "option") and self._typed is not None and self._form is not None:
            name, typed = self._typed
            self._form.offer(name, typed.strip() or (USUAL.get(name) or (f"Words of {name}",))[0])
            self._typed = None
        elif tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""


def forms_and_links(page: str, address: str) -> tuple[list[Form], list[str]]:
    reader = _Reader(address)
    reader.feed(page)
    return reader.forms, reader.links


def kind_of(path: str) -> str:
    """Addresses that differ in a number or an identifier alone are alike."""
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/)\d+(?=/|$)", "*", path)


def local(links: list[str]) -> Iterator[str]:
    """The addresses of this service among them, without what stands after #."""
    for link in links:
        target = urlsplit(link)
        if target.netloc in ("", "127.0.0.1:8000") and target.scheme in ("", "http"):
            yield target.path + (f"?{target.query}" if target.query else "")
