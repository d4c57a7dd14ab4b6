"""Help: a short text for each kind of page, and all of them on one."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.help import Topic, topics
from server.pages import Page, Words, language_of, render, words_in

router = APIRouter()


@dataclass(frozen=True, slots=True)
class HelpLine:
    code: str
    title: Words
    text: Words


@dataclass(frozen=True, slots=True)
class HelpPage(Page):
    template = "help/page.html"
    chosen: HelpLine | None
    others: tuple[HelpLine, ...]


@router.get("/help")
@router.get("/help/{topic}")
def help_page(request: Request, topic: str = "") -> Response:
    if topic and topic not in topics():
        raise HTTPException(404)
    language = language_of(request)
    lines = [_line(one, language) for one in topics().values()]
    chosen = next((one for one in lines if one.code == topic), None)
    return render(request, HelpPage(chosen, tuple(one for one in lines if one is not chosen)))


def _line(one: Topic, language: str) -> HelpLine:
    return HelpLine(one.code, words_in(one.title, language), words_in(one.text, language))
