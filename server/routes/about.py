"""What a partnership is for: national goals, sector, level, focus, form, place among others, and its phase."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.datastructures import FormData
from starlette.responses import Response

from server.deps import FormDep, may_run
from server.kinds import FOCUS, LEVELS, MODALITIES, PHASES
from server.pages import Page, Words, see_other
from server.places import ChairDep, Place
from server.refusals import Refusal, refusals_of
from server.sheets import title_of
from surveys import accounts, partnerships, phases
from surveys.models import Partnership
from surveys.problems import InvalidInput, SurveyProblem
from surveys.standing import modality_of

router = APIRouter()
Option = tuple[str, str, bool]  # code, words, chosen


@dataclass(frozen=True, slots=True)
class AboutPage(Page):
    template = "partnerships/about.html"
    title: Words
    address: str
    goal: str
    further_goals: str
    purpose: str
    sector: str
    levels: tuple[Option, ...]
    focus: tuple[Option, ...]
    priority: str
    modality: str
    modality_words: str
    is_confirmed: bool
    modality_note: str
    parents: tuple[Option, ...]
    below: tuple[Words, ...]
    phase: str
    phases: tuple[tuple[str, str], ...]
    refusals: tuple[Refusal, ...]


@router.get("/partnerships/{partnership_id}/about")
def about_page(place: ChairDep) -> Response:
    return _show(place)


def _show(place: Place, problem: SurveyProblem | None = None) -> Response:
    _, partnership, derived = place._, place.partnership, _derived(place)
    page = AboutPage(
        title=place.title,
        address=place.address,
        goal=partnership.goal,
        further_goals="\n".join(partnership.further_goals),
        purpose=partnership.purpose,
        sector=partnership.sector,
        levels=tuple((code, _(words), code == partnership.level) for code, words in LEVELS.items()),
        focus=tuple((code, _(words), code in partnership.focus) for code, words in FOCUS.items()),
        priority="" if partnership.priority is None else str(partnership.priority),
        modality=derived,
        modality_words=_(MODALITIES[derived]),
        is_confirmed=partnership.modality == derived,
        modality_note=partnership.modality_note,
        parents=_parents(place),
        below=tuple(title_of(one, place.language) for one in partnerships.below(place.session, partnership.id)),
        phase=_(PHASES[partnership.phase]),
        phases=tuple((code, _(PHASES[code])) for code in phases.next_phases(partnership)),
        refusals=refusals_of(problem, place.language) if problem else (),
    )
    return place.show(page, status=422 if problem else 200)


def _derived(place: Place) -> str:
    """The form that follows from who belongs to the partnership."""
    return modality_of(list(place.members().values()))


def _parents(place: Place) -> tuple[Option, ...]:
    """The partnerships this account runs, as the programme above."""
    return tuple(
        (str(one.id), str(title_of(one, place.language)), one.id == place.partnership.parent_id)
        for one in accounts.partnerships_of(place.session, place.account)
        if one.id != place.partnership.id and may_run(place.session, place.account, one.id)
    )


@router.post("/partnerships/{partnership_id}/about")
def save(place: ChairDep, form: FormDep) -> Response:
    return _done(place, lambda: _write(place, form), "said what a partnership is for")


def _done(place: Place, act: Callable[[], None], said: str) -> Response:
    if problem := place.attempt(act):
        return _show(place, problem)
    place.record(said, f"partnership {place.partnership.code}")
    return see_other(f"{place.address}/about")


def _write(place: Place, form: FormData) -> None:
    partnership = place.partnership
    texts = {name: str(form.get(name, "")).strip() for name in ("goal", "purpose", "sector", "modality_note")}
    further = [line.strip() for line in str(form.get("further_goals", "")).splitlines() if line.strip()]
    if any(len(text) > 2000 for text in texts.values()) or len(further) > 20 or any(len(one) > 300 for one in further):
        raise InvalidInput("a text is too long; nothing was saved", why="too_long")
    partnership.further_goals = further
    for name, text in texts.items():
        setattr(partnership, name, text)
    partnership.level = str(form.get("level")) if form.get("level") in LEVELS else ""
    partnership.focus = [code for code in FOCUS if code in form.getlist("focus")]
    partnership.priority = _priority(str(form.get("priority", "")))
    derived = _derived(place)
    if form.get("modality") == derived:  # what is confirmed is what the reader saw, not what it became since
        partnership.modality = derived
    elif not form.get("modality"):
        partnership.modality = ""
    parent = str(form.get("parent", ""))
    allowed = {code for code, _words, _chosen in _parents(place)}
    if not parent or parent in allowed:
        above = place.session.get(Partnership, UUID(parent)) if parent else None
        partnerships.set_above(place.session, partnership, above)


def _priority(text: str) -> int | None:
    plain = text.strip()
    if not plain:
        return None
    if not plain.isdecimal() or not 1 <= int(plain) <= 999:
        raise InvalidInput("a rank is a whole number from 1 to 999", why="rank")
    return int(plain)


@router.post("/partnerships/{partnership_id}/phase")
def move(
    place: ChairDep,
    to: Annotated[str, Form(max_length=20)] = "",
    reason: Annotated[str, Form(max_length=3000)] = "",
) -> Response:
    def act() -> None:
        phases.move(place.session, place.partnership, to, reason=reason, on=place.today)

    return _done(place, act, f"moved a partnership to {to}")
