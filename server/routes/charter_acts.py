"""What happens to a charter after it was written: put to signature, withdrawn, signed by account or link."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Path
from sqlmodel import Session
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.charter_shown import ShownLink, show
from server.deps import AccountDep, ClockDep, SessionDep, SettingsDep, seat_for
from server.dossiers import address_of
from server.languages import translator
from server.pages import language_of, see_other
from surveys import audit, charter_versions, outbox, signing
from surveys import charter as agreed
from surveys.models import Charter, CharterSignature, Partnership, Seat
from surveys.problems import SurveyProblem

router = APIRouter()
Short = Annotated[str, Form(max_length=500)]
ACTS = {
    "put": "put the charter to signature",
    "withdraw": "withdrew the charter from signature",
    "ask": "asked a partner to sign the charter",
    "sign": "signed the charter",
}


@router.post("/partnerships/{partnership_id}/charter/{act}")
def act_on_charter(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    settings: SettingsDep,
    now: ClockDep,
    partnership_id: UUID,
    act: Annotated[str, Path(pattern=r"^(put|withdraw|ask|sign)$")],
    organization: Annotated[UUID | None, Form()] = None,
    person: Short = "",
    email: Short = "",
) -> Response:
    seat = seat_for(session, account, partnership_id)
    charter = _text_for(session, seat, act)
    partnership, shown, today = session.get_one(Partnership, partnership_id), None, now.date()
    try:
        with session.begin_nested():  # what is refused leaves no trace, and the page says why
            if act == "put":
                signing.put_to_signature(session, charter, on=today)
            elif act == "withdraw":
                signing.withdraw(charter)
            elif act == "sign":
                signing.sign_by_account(session, charter, _needed(seat.organization_id), person=person, on=today)
            else:
                line, secret = signing.ask(
                    session, charter, _needed(organization), person=person, email=email, on=today
                )
                shown = _link(settings.base_url, line, secret)
                _mail(request, session, partnership, line, shown)
    except SurveyProblem as problem:
        return show(request, session, account, partnership, charter, today, problem=problem)
    audit.record(session, account.email, ACTS[act], f"charter version {charter.version}", now)
    if shown is not None:
        return show(request, session, account, partnership, charter, today, shown=shown)
    return see_other(f"{address_of(partnership)}/charter")


def _text_for(session: Session, seat: Seat, act: str) -> Charter:
    """The version this act is about. A representative signs; everything else is the facilitator's."""
    if seat.role != ("representative" if act == "sign" else "facilitator"):
        raise HTTPException(404)
    find = charter_versions.find_draft if act == "put" else agreed.current
    found = find(session, seat.partnership_id)
    if found is None:
        raise HTTPException(404)
    return found


def _needed(organization_id: UUID | None) -> UUID:
    if organization_id is None:
        raise HTTPException(404)
    return organization_id


def _link(base_url: str, line: CharterSignature, secret: str) -> ShownLink:
    base = base_url.rstrip("/")
    return ShownLink(line.person, f"{base}/sign#{secret}", secret, f"{base}/sign")


def _mail(
    request: Request, session: Session, partnership: Partnership, line: CharterSignature, shown: ShownLink
) -> None:
    """The link by mail, where there is an address; the facilitator sees it in any case."""
    if not line.email:
        return
    _ = translator(language_of(request)).gettext
    subject = _("Please sign the charter: {title}").format(title=partnership.title)
    text = _(
        "{person},\n\nyou are asked to sign the charter of “{title}” for your organization. Read it and sign here; "
        "the link is yours alone and works once:\n\n{link}\n\nOr type this code at {address}: {code}\n"
    )
    filled = text.format(
        person=line.person, title=partnership.title, link=shown.link, address=shown.enter_at, code=shown.code
    )
    outbox.post(session, to=line.email, subject=subject, text=filled, key=f"sign|{line.token_hash}")
