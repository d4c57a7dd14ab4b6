"""From a new partnership to its first round: what is done, what comes next, and a charter from a template."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from sqlmodel import Session
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from server.deps import AccountDep, ClockDep, FormDep, SessionDep, partnership_to_run
from server.dossiers import address_of
from server.first_steps import StepLine, lines_of
from server.kinds import MODALITIES
from server.languages import is_readable, translator
from server.pages import Page, Words, language_of, render, see_other
from server.sheets import name_of, title_of
from surveys import audit, charter, charter_versions, first_steps, partnerships, registers
from surveys.instruments import text_in
from surveys.models import Charter, Organization, Partnership
from surveys.problems import InvalidEntry
from surveys.standing import modality_of

router = APIRouter()
AT = "/partnerships/{partnership_id}/first-steps"
LONGEST = 2000
DAYS = {
    "acknowledge_days": 5,
    "direct_talks_days": 14,
    "facilitated_days": 21,
    "steering_group_days": 30,
    "external_days": 60,
}
CLAUSES = {
    "word": {
        "en": "We do what we say we will do, and say early when we cannot.",
        "km": "យើងធ្វើអ្វីដែលយើងនិយាយថានឹងធ្វើ ហើយប្រាប់ជាមុនពេលយើងមិនអាចធ្វើបាន។",
        "fr": "Nous faisons ce que nous disons, et prévenons tôt quand nous ne le pouvons pas.",
    },
    "openness": {
        "en": "We share plans, money and results with every partner, the unwelcome ones too.",
        "km": "យើងចែករំលែកផែនការ ថវិកា និងលទ្ធផលជាមួយដៃគូទាំងអស់ ទោះបីមិនល្អក៏ដោយ។",
        "fr": "Nous partageons plans, moyens et résultats avec tous les partenaires, même les moins bons.",
    },
    "answers": {
        "en": "Nobody is punished for an answer, and nobody tries to find out who gave it.",
        "km": "គ្មាននរណាត្រូវដាក់ទោសចំពោះចម្លើយ ហើយគ្មាននរណាព្យាយាមស្វែងរកថានរណាជាអ្នកឆ្លើយឡើយ។",
        "fr": "Personne n’est puni pour une réponse, et personne ne cherche qui l’a donnée.",
    },
}


@dataclass(frozen=True, slots=True)
class BringsLine:
    """What one partner contributes, as typed."""

    id: str
    name: Words
    kind: str
    what: str


@dataclass(frozen=True, slots=True)
class FirstStepsPage(Page):
    template = "partnerships/first_steps.html"
    title: Words
    address: str
    lines: tuple[StepLine, ...]
    is_ready: bool
    is_over: bool
    charter: str  # none, draft, signing, in_force
    open_rules: tuple[str, ...]
    modality: str
    brings: tuple[BringsLine, ...]
    kinds: tuple[tuple[str, str], ...]
    vision: str
    contact: str
    mediator: str
    adjudicator: str
    problem: str


@router.get(AT)
def first_steps_page(
    request: Request, session: SessionDep, account: AccountDep, now: ClockDep, partnership_id: UUID
) -> Response:
    partnership = partnership_to_run(session, account, partnership_id)
    return _show(request, session, partnership, now.date(), vision=partnership.goal)


def _show(
    request: Request,
    session: Session,
    partnership: Partnership,
    today: date,
    *,
    vision: str = "",
    contact: str = "",
    mediator: str = "",
    adjudicator: str = "",
    brings: Mapping[str, tuple[str, str]] | None = None,
    problem: str = "",
) -> Response:
    language, way = language_of(request), first_steps.way_of(session, partnership, today)
    members = [one for _, one in partnerships.members_on(session, partnership.id, today)]
    kind = registers.describe("contributions").field("kind")
    agreed = charter_versions.find_draft(session, partnership.id) or charter.current(session, partnership.id)
    page = FirstStepsPage(
        title=title_of(partnership, language),
        address=address_of(partnership),
        lines=lines_of(partnership, way, language),
        is_ready=way.waits_for_signatures_only,
        is_over=way.is_over,
        charter=agreed.state if agreed else "none",
        open_rules=tuple(one.sentence(language) for one in way.open_rules),
        modality=translator(language).gettext(MODALITIES[modality_of(members)]),
        brings=tuple(_brings(one, brings or {}, language) for one in members),
        kinds=tuple((one.code, text_in(one.texts, language)) for one in kind.choices),
        vision=vision,
        contact=contact,
        mediator=mediator,
        adjudicator=adjudicator,
        problem=problem,
    )
    return render(request, page, status=422 if problem else 200)


def _brings(one: Organization, typed: Mapping[str, tuple[str, str]], language: str) -> BringsLine:
    kind, what = typed.get(str(one.id), ("staff" if one.is_national else "cash", ""))
    return BringsLine(str(one.id), name_of(one, language), kind, what)


@router.get(f"{AT}/charter")
def back_to_first_steps(account: AccountDep, session: SessionDep, partnership_id: UUID) -> Response:
    """Where the language was changed on the answer to the form."""
    return see_other(f"{address_of(partnership_to_run(session, account, partnership_id))}/first-steps")


@router.post(f"{AT}/charter")
def write_charter(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    now: ClockDep,
    form: FormDep,
    partnership_id: UUID,
    vision: Annotated[str, Form(max_length=5000)] = "",
    contact: Annotated[str, Form(max_length=1000)] = "",
    mediator: Annotated[str, Form(max_length=1000)] = "",
    adjudicator: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """A draft with everything a charter needs; the partners read it, change it, then it is put to signature."""
    partnership = partnership_to_run(session, account, partnership_id)
    _ = translator(language_of(request)).gettext
    typed = {"vision": vision, "contact": contact, "mediator": mediator, "adjudicator": adjudicator}
    typed = {name: text.strip() for name, text in typed.items()}
    members = [one for _, one in partnerships.members_on(session, partnership.id, now.date())]
    brings = {str(one.id): _typed_for(form, one) for one in members}
    if not all(
        text and len(text) <= LONGEST and is_readable(" ".join(text.split()))
        for text in (*typed.values(), *(what for _kind, what in brings.values()))
    ):
        problem = _("Please fill in all fields, in words that can be printed. Nothing was written.")
        return _show(request, session, partnership, now.date(), **typed, brings=brings, problem=problem)
    if charter.current(session, partnership.id) is not None:
        return see_other(f"{address_of(partnership)}/charter")
    try:
        with session.begin_nested():
            draft = charter_versions.begin_draft(session, partnership)
            _fill(session, draft, typed, now.date(), _)
            _enter_contributions(session, partnership, brings, now)
            partnership.modality = modality_of(members)  # the form says which, above its button
    except InvalidEntry as fault:
        return _show(request, session, partnership, now.date(), **typed, brings=brings, problem=fault.message)
    audit.record(session, account.email, "wrote the charter from the template", f"partnership {partnership.id}", now)
    return see_other(f"{address_of(partnership)}/charter")


def _typed_for(form: FormData, one: Organization) -> tuple[str, str]:
    return str(form.get(f"kind-{one.id}", "")), " ".join(str(form.get(f"what-{one.id}", "")).split())


def _enter_contributions(
    session: Session, partnership: Partnership, brings: Mapping[str, tuple[str, str]], now: datetime
) -> None:
    """For each partner that has none yet."""
    known = {line.body["partner"] for line in registers.of_register(session, partnership.id, "contributions")}
    lines = [
        ("contributions", {"partner": partner, "kind": kind, "what": what})
        for partner, (kind, what) in brings.items()
        if partner not in known
    ]
    registers.enter_many(session, partnership, lines, now=now)


def _fill(session: Session, draft: Charter, typed: dict[str, str], today: date, _: Callable[[str], str]) -> None:
    """Each section that is still empty; what somebody wrote stays."""
    sections = {
        "vision": {"vision": typed["vision"]},
        "decisions": {"rule": "consensus_then_majority", "quorum": "60"},
        "engagement": {"meetings": _("every three months"), "notice_days": "14"},
        "disputes": {
            "contact": typed["contact"],
            "mediator": typed["mediator"],
            "adjudicator": typed["adjudicator"],
            "is_existence_public": "yes",
            "confidentiality": _("What is said in talks stays there; agreements are read by all partners."),
            **{name: str(days) for name, days in DAYS.items()},
        },
    }
    for code, given in sections.items():
        if not draft.body.get(code):
            charter_versions.write_section(session, draft, code, given, today=today)
    if not draft.body.get("clauses"):
        for code, texts in CLAUSES.items():
            charter_versions.write_entry(session, draft, "clauses", None, {"code": code, **texts}, today=today)
