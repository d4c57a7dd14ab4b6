"""One page for every version of a charter: its text, who signed it, what it changes, and the acts that are open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from server.agreed_names import names_of
from server.charter_pages import (
    DifferenceView,
    SectionView,
    SignatureView,
    VersionLine,
    base_of,
    difference_views,
    section_views,
    signature_views,
    version_lines,
)
from server.deps import seat_for
from server.dossiers import address_of
from server.kept_files import LARGEST_MB
from server.pages import Page, Words, language_of, render
from server.refusals import Refusal, refusals_of
from server.sheets import title_of
from surveys import charter as agreed
from surveys import charter_scans, charter_versions, partnerships
from surveys.models import Account, Charter, Organization, Partnership
from surveys.problems import SurveyProblem


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A personal link, shown this once."""

    person: str
    link: str
    code: str
    enter_at: str


@dataclass(frozen=True, slots=True)
class CharterPage(Page):
    template = "charter/page.html"
    title: Words
    address: str
    version: int | None
    state: str
    reason: str
    sections: tuple[SectionView, ...]
    differences: tuple[DifferenceView, ...]
    is_compared: bool
    signatures: tuple[SignatureView, ...]
    versions: tuple[VersionLine, ...]
    digest: str
    may_run: bool
    may_sign: bool
    signer: str
    has_draft: bool
    is_old: bool
    refusals: tuple[Refusal, ...]
    shown: ShownLink | None
    today: date
    scan_kinds: str
    scan_largest: int


def show(
    request: Request,
    session: Session,
    account: Account,
    partnership: Partnership,
    charter: Charter | None,
    today: date,
    *,
    problem: SurveyProblem | None = None,
    shown: ShownLink | None = None,
) -> Response:
    language = language_of(request)
    seat = seat_for(session, account, partnership.id)
    runs = seat.role == "facilitator"
    names, partners = names_of(session, partnership, language), _partners(session, partnership, today)
    state = charter.state if charter else "none"
    is_being_signed = charter is not None and state in ("signing", "in_force")
    signatures = signature_views(session, charter, partners, language) if charter and state != "draft" else ()
    mine = next((one for one in signatures if one.organization_id == str(seat.organization_id)), None)
    base = base_of(session, charter) if charter else None
    page = CharterPage(
        title=title_of(partnership, language),
        address=address_of(partnership),
        version=charter.version if charter else None,
        state=state,
        reason=charter.reason if charter else "",
        sections=section_views(charter.body, names, language, empty=runs and state == "draft") if charter else (),
        differences=difference_views(base, charter, names, language) if charter and base else (),
        is_compared=base is not None,
        signatures=signatures,
        versions=version_lines(_readable(session, partnership, runs=runs), address_of(partnership), language),
        digest=charter.digest if charter else "",
        may_run=runs,
        may_sign=bool(mine and not mine.is_signed and is_being_signed),
        signer=account.name,
        has_draft=charter_versions.find_draft(session, partnership.id) is not None,
        is_old=state in ("superseded", "withdrawn"),
        refusals=refusals_of(problem, language) if problem else (),
        shown=shown,
        today=today,
        scan_kinds=", ".join(charter_scans.KINDS),
        scan_largest=LARGEST_MB,
    )
    return render(request, page, status=422 if problem else 200)


def _partners(session: Session, partnership: Partnership, today: date) -> list[Organization]:
    return [one for _, one in partnerships.members_on(session, partnership.id, today)]


def _readable(session: Session, partnership: Partnership, *, runs: bool) -> list[Charter]:
    return [one for one in agreed.versions(session, partnership.id) if runs or one.state != "draft"]
