"""GET /accessibility: what was tested, how, and what is known to be missing."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from server.accessibility import GAPS, TESTED
from server.languages import translator
from server.pages import Page, language_of, render

router = APIRouter()


@dataclass(frozen=True, slots=True)
class AccessibilityPage(Page):
    template = "notices/accessibility.html"
    tested: tuple[str, ...]
    gaps: tuple[str, ...]


@router.get("/accessibility")
def accessibility_page(request: Request) -> Response:
    translate = translator(language_of(request)).gettext
    tested = tuple(translate(one.sentence) for one in TESTED)
    return render(request, AccessibilityPage(tested, tuple(map(translate, GAPS))))
