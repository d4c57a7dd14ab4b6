"""Renders pages: a frozen dataclass is a page's contract, one template shows it, one named block is its fragment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, get_timezone_gmt, get_timezone_location
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2_fragments import render_block
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from server.help import topic_of
from server.languages import LANGUAGES, format_day, label_in, translator
from surveys.instruments import Texts

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
LANGUAGE_NAMES = {"en": "English", "km": "ភាសាខ្មែរ", "fr": "Français"}
LANGUAGE_COOKIE = "language"
OFFLINE_COOKIE = "offline"  # a respondent asked to answer without a connection in this browser
VISIT_COOKIE, RECEIPT_COOKIE = "visit", "receipt"  # while one of them is here, every page offers to finish
VARY = "HX-Request, Cookie, Accept-Language"


@dataclass(frozen=True, slots=True)
class Page:
    """What a template may rely on; each page is a frozen dataclass beneath this one."""

    template: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Words:
    """Words written by people, and the language they are really in: a fallback must not be read out in another."""

    text: str
    language: str

    def __str__(self) -> str:
        return self.text


def words_in(texts: Texts, language: str) -> Words:
    """The words in this language, else in English, else in the first there is."""
    written_in = next((code for code in (language, "en", *texts) if texts.get(code)), language)
    return Words(texts.get(written_in, ""), written_in)


@cache  # one per language for the life of the process: compiled templates are shared by all requests
def environment(language: str) -> Environment:
    """Templates in one language. Every suffix is escaped and a mistyped name is an error, not an empty string."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.install_gettext_translations(translator(language), newstyle=True)  # type: ignore[attr-defined]  # Type ignore: added by the i18n extension
    made.policies["ext.i18n.trimmed"] = True
    made.filters["day"] = lambda day: format_day(day, language)
    made.filters["label"] = lambda label: label_in(label, language)
    made.filters["moment"] = lambda moment, zone: format_moment(moment, zone, language)
    return made


@lru_cache(maxsize=4096)  # the same moments are said on every page about a round
def format_moment(moment: datetime, zone: str, language: str) -> str:
    """Day, time, city and offset: who reads it may sit in another time zone than the partnership."""
    zoned = moment.astimezone(ZoneInfo(zone))
    day = format_datetime(zoned, format="d MMMM y, HH:mm", tzinfo=zoned.tzinfo, locale=language)
    return f"{day} ({place_of(zone, language)}, {get_timezone_gmt(zoned, width='short', locale=language)})"


def place_of(zone: str, language: str) -> str:
    """The city whose clocks a time zone is named after."""
    return str(get_timezone_location(ZoneInfo(zone), locale=language, return_city=True))


def language_of(request: Request) -> str:
    """The language chosen on a page, else the browser's first one we speak, else English."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return str(chosen)
    accepted = (
        part.split(";")[0].split("-")[0].strip() for part in request.headers.get("accept-language", "").split(",")
    )
    return next((code for code in accepted if code in LANGUAGES), "en")


def is_htmx(request: Request) -> bool:
    """Whether a fragment is wanted: htmx asks, except when it restores a page from its history."""
    return request.headers.get("hx-request") == "true" and "hx-history-restore-request" not in request.headers


def render(request: Request, page: Page, *, block: str | None = None, status: int = 200) -> HTMLResponse:
    """The page, or with `block` only that block of it when htmx asks."""
    if block is not None and is_htmx(request):
        names = {"page": page, **frame(request)}
        content = render_block(environment(language_of(request)), page.template, block, names)
    else:
        content = render_text(request, page)
    return HTMLResponse(content, status_code=status, headers={"Vary": VARY})


def render_text(request: Request, page: Page) -> str:
    """The whole page."""
    names = {"page": page, **frame(request)}
    return environment(language_of(request)).get_template(page.template).render(names)


def frame(request: Request) -> Mapping[str, Any]:
    """What base.html shows around every page."""
    return {
        "language": language_of(request),
        "languages": {code: LANGUAGE_NAMES[code] for code in LANGUAGES},
        "asset": request.app.state.assets.url,
        "demonstration": request.app.state.settings.demonstration,
        "account": getattr(request.state, "account", None),
        "keys_alarm": getattr(request.state, "keys_alarm", ""),
        "path": request.url.path,
        "help_topic": topic_of(request.url.path),
        "offline": OFFLINE_COOKIE in request.cookies,
        "visiting": VISIT_COOKIE in request.cookies or RECEIPT_COOKIE in request.cookies,
    }


def see_other(path: str) -> RedirectResponse:
    """After a write, show a page by GET: reload and back repeat nothing."""
    return RedirectResponse(path, status_code=303)


def go_to(request: Request, path: str) -> Response:
    """Elsewhere, as a whole page also when htmx had asked for a fragment only."""
    return Response(status_code=204, headers={"HX-Redirect": path}) if is_htmx(request) else see_other(path)
