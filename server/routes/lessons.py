"""Lessons: found across the partnerships a person may see, written by whoever runs one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query
from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from server.deps import AccountDep, ClockDep, SessionDep, partnership_to_run
from server.dossiers import address_of
from server.entry_forms import fault_words
from server.pages import Page, Words, language_of, render, see_other
from server.sheets import title_of
from surveys import accounts, audit, lessons
from surveys.models import Account, Lesson, Partnership
from surveys.problems import InvalidEntry

router = APIRouter()
Text = Annotated[str, Form()]
Query_ = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True, slots=True)
class LessonView:
    address: str
    title: str
    partnership: Words
    learned_on: date
    context: str
    tried: str
    evidence: str
    is_for_everybody: bool


@dataclass(frozen=True, slots=True)
class ListPage(Page):
    template = "lessons/list.html"
    words: str
    lessons: tuple[LessonView, ...]
    may_write: tuple[tuple[str, Words], ...]


@dataclass(frozen=True, slots=True)
class LessonPage(Page):
    template = "lessons/lesson.html"
    lesson: LessonView
    used: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class NewPage(Page):
    template = "lessons/new.html"
    title: Words
    address: str
    name: str
    context: str
    tried: str
    evidence: str
    audience: str
    faults: dict[str, str]


@router.get("/lessons")
def list_page(request: Request, session: SessionDep, account: AccountDep, words: Query_ = "") -> Response:
    seats, language = accounts.seats_of(session, account), language_of(request)
    found = lessons.search(session, list(seats), words)
    own = accounts.partnerships_of(session, account)
    may_write = tuple(
        (f"{address_of(one)}/lessons/new", title_of(one, language))
        for one in own
        if seats[one.id].role == "facilitator"
    )
    return render(request, ListPage(words, tuple(_view(session, one, language) for one in found), may_write))


@router.get("/lessons/{lesson_id}")
def lesson_page(request: Request, session: SessionDep, account: AccountDep, lesson_id: UUID) -> Response:
    seats, language = accounts.seats_of(session, account), language_of(request)
    lesson = _permitted(session, account, lesson_id)
    used = lessons.used_in(session, lesson, list(seats))
    page = LessonPage(_view(session, lesson, language), tuple(title_of(one, language) for one in used))
    return render(request, page)


def _permitted(session: Session, account: Account, lesson_id: UUID) -> Lesson:
    """Whoever has no seat anywhere reads no lesson."""
    return lessons.get_lesson(session, lesson_id, list(accounts.seats_of(session, account)))


def _view(session: Session, lesson: Lesson, language: str) -> LessonView:
    return LessonView(
        address=f"/lessons/{lesson.id}",
        title=lesson.title,
        partnership=title_of(session.get_one(Partnership, lesson.partnership_id), language),
        learned_on=lesson.learned_on,
        context=lesson.context,
        tried=lesson.tried,
        evidence=lesson.evidence,
        is_for_everybody=lesson.audience == "everybody",
    )


@router.get("/partnerships/{partnership_id}/lessons/new")
def new_page(request: Request, session: SessionDep, account: AccountDep, partnership_id: UUID) -> Response:
    partnership = partnership_to_run(session, account, partnership_id)
    title = title_of(partnership, language_of(request))
    return render(request, NewPage(title, address_of(partnership), "", "", "", "", "everybody", {}))


@router.post("/partnerships/{partnership_id}/lessons/new")
def create(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    now: ClockDep,
    partnership_id: UUID,
    name: Text = "",
    context: Text = "",
    tried: Text = "",
    evidence: Text = "",
    audience: Text = "partnership",
) -> Response:
    """A new lesson; the same one sent twice is one lesson."""
    partnership, language = partnership_to_run(session, account, partnership_id), language_of(request)
    given = {"title": name, "context": context, "tried": tried, "evidence": evidence}
    same = lessons.find_same(session, partnership.id, given)
    if same is not None:
        return see_other(f"/lessons/{same.id}")
    try:
        made = lessons.create(session, partnership_id=partnership.id, audience=audience, learned_on=now.date(), **given)
    except InvalidEntry as problem:
        kinds = {"title": "line"}
        faults = {
            code: fault_words(why, kinds.get(code, "text"), language) for code, why in problem.details["faults"].items()
        }
        title = title_of(partnership, language)
        page = NewPage(title, address_of(partnership), name, context, tried, evidence, audience, faults)
        return render(request, page, status=422)
    audit.record(session, account.email, "wrote a lesson", f"lesson {made.id}", now)
    return see_other(f"/lessons/{made.id}")
