"""Cancel a round by two people: proposed here by its facilitator, confirmed by somebody with a seat or by a link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.deps import AccountDep, ClockDep, SessionDep, SettingsDep, seat_for
from server.invitees import is_address
from server.languages import is_readable, label_in, translator
from server.mail_texts import safe_subject
from server.pages import Page, Words, language_of, render, see_other
from server.routes.rounds import RoundNumber
from server.routes.setup import Run, RunDep
from server.settings import Settings
from server.sheets import title_of
from surveys import cancelling, outbox, rounds
from surveys.models import Partnership
from surveys.problems import InvalidInput

router = APIRouter()
LONGEST_NAME = 200
PATH = "/partnerships/{partnership_id}/rounds/{number}/cancel"


@dataclass(frozen=True, slots=True)
class CancelPage(Page):
    """What the second person reads before confirming; opening it changes nothing."""

    template = "rounds/cancel.html"
    title: Words
    action: str
    label: str
    proposed_by: str
    second_person: str
    reason: str
    problem: str


@dataclass(frozen=True, slots=True)
class CancelledPage(Page):
    template = "rounds/cancelled.html"
    title: Words
    label: str


@router.post(PATH)
def propose(
    run: RunDep,
    settings: SettingsDep,
    reason: Annotated[str, Form(max_length=20_000)] = "",
    name: Annotated[str, Form(max_length=2_000)] = "",
    email: Annotated[str, Form(max_length=2_000)] = "",
) -> Response:
    """Nothing happens to the round yet. A link goes to the second person by mail, and is shown to nobody."""
    who, address = " ".join(name.split()), email.strip().lower()
    if problem := _fault_of(run, settings, who, address):
        return run.refuse(problem, 422)
    why = reason.replace("\r\n", "\n")
    try:
        if not all(is_readable(line) for line in why.split("\n")):
            raise InvalidInput("signs that cannot be printed")
        secret = cancelling.propose(
            run.session,
            run.round_,
            by=run.account,
            reason=why,
            second_person=who,
            with_link=bool(address),
            now=run.now,
        )
    except InvalidInput:
        said = run._(
            "Please give a reason of at most {count} characters: everybody invited is told. And name somebody else."
        )
        return run.refuse(said.format(count=cancelling.LONGEST_REASON), 422)
    if secret:
        _send_link(run, settings, address, secret)
    run.record(f"proposed to cancel a round, {who or 'a trustee or representative'} to confirm")
    return see_other(run.address)


def _fault_of(run: Run, settings: Settings, who: str, address: str) -> str:
    if len(who) > LONGEST_NAME or not is_readable(who):
        return run._("Please give the name of the second person.")
    if address and (not who or not is_address(address)):
        return run._("Please give name and e-mail address of the second person.")
    if address == run.account.email.casefold():
        return run._("A second person confirms, not the one who proposes.")
    if address and not settings.sends_mail:
        return run._("Without a mail server only a trustee or a representative with an account can confirm.")
    return ""


def _send_link(run: Run, settings: Settings, address: str, secret: str) -> None:
    """In the facilitator's language; the words of a stranger to the service are few and plain."""
    title = title_of(run.partnership, language_of(run.request)).text
    text = run._(
        "{facilitator} proposes to cancel a round of the partnership “{partnership}” and names you as the second "
        "person. If you agree, all answers are destroyed unread and everybody is told. If you do not, simply do "
        "nothing."
    ).format(facilitator=run.account.name, partnership=title)
    subject = run._("{partnership}: cancel a round?").format(partnership=title)
    link = f"{settings.base_url.rstrip('/')}/cancel/{secret}"
    key = f"cancel|{run.round_.id}|{run.now.isoformat()}"
    outbox.post(run.session, to=address, subject=safe_subject(subject), text=f"{text}\n\n{link}\n", key=key)


@router.post(PATH + "/withdraw")
def withdraw(run: RunDep) -> Response:
    if cancelling.find(run.session, run.round_) is not None:
        cancelling.withdraw(run.session, run.round_)
        run.record("withdrew the proposal to cancel a round")
    return see_other(run.address)


@router.post(PATH + "/confirm")
def confirm(
    session: SessionDep, account: AccountDep, now: ClockDep, partnership_id: UUID, number: RoundNumber
) -> Response:
    """By a trustee or a representative; a facilitator never confirms, not even another one's proposal."""
    if seat_for(session, account, partnership_id).role not in cancelling.MAY_CONFIRM:
        raise HTTPException(404)
    round_ = rounds.get_round(session, partnership_id, number)
    if round_.state != "cancelled":
        cancelling.confirm(session, round_, by=account.email, now=now)
    return see_other(f"/partnerships/{partnership_id}/rounds/{number}")


@router.get("/cancel/{secret}")
def cancel_page(request: Request, session: SessionDep, secret: str) -> Response:
    return render(request, _page(request, session, secret))


@router.post("/cancel/{secret}")
def confirm_by_link(
    request: Request, session: SessionDep, now: ClockDep, secret: str, name: Annotated[str, Form(max_length=2_000)] = ""
) -> Response:
    """The name must be typed: programs that follow and send every link in a mail destroy nothing."""
    proposal, round_ = cancelling.redeem(session, secret)
    if " ".join(name.split()).casefold() != proposal.second_person.casefold():
        problem = translator(language_of(request)).gettext(
            "Please type your name as it stands above. Nothing was changed."
        )
        return render(request, _page(request, session, secret, problem), status=422)
    partnership = session.get_one(Partnership, round_.partnership_id)
    cancelling.confirm(session, round_, by=f"{proposal.second_person} (by link)", now=now)
    language = language_of(request)
    return render(request, CancelledPage(title_of(partnership, language), label_in(round_.label, language)))


def _page(request: Request, session: SessionDep, secret: str, problem: str = "") -> CancelPage:
    proposal, round_ = cancelling.redeem(session, secret)
    partnership = session.get_one(Partnership, round_.partnership_id)
    return CancelPage(
        title=title_of(partnership, language_of(request)),
        action=f"/cancel/{secret}",
        label=label_in(round_.label, language_of(request)),
        proposed_by=proposal.proposed_by,
        second_person=proposal.second_person,
        reason=proposal.reason,
        problem=problem,
    )
