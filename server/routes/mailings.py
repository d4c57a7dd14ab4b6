"""The mails of a round: which are planned, how many went out, which invitations did not arrive. Never who answered."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.csv_files import download
from server.deps import AccountDep, KeystoreDep, SessionDep, SettingsDep, partnership_for
from server.exchange.icalendar import calendar_of_round
from server.languages import LANGUAGES, label_in
from server.mail_pages import agreed_for, mails_page
from server.mail_texts import ALLOWED, TITLES, fill, subject_of, text_for
from server.mailing import confidentiality, sample, values_for
from server.pages import Page, Words, language_of, render, see_other
from server.routes.rounds import RoundNumber
from server.routes.setup import Run, RunDep
from server.sheets import title_of
from surveys import mailings, outbox, rounds
from surveys.models import Invitation
from surveys.problems import InvalidInput, NotFound, RoundNotOpen

router = APIRouter()
PATH = "/partnerships/{partnership_id}/rounds/{number}"
NUMBERS = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class ShownMail:
    to: str
    subject: str
    body: str
    language: str


@dataclass(frozen=True, slots=True)
class ShownMailsPage(Page):
    """In the demonstration: the invitations as they would be sent, and the other mails with made-up values."""

    template = "mailings/shown.html"
    title: Words
    address: str
    label: str
    invitations: tuple[ShownMail, ...]
    others: tuple[tuple[str, ShownMail], ...]


@router.get(PATH + "/mails")
def mails(run: RunDep, settings: SettingsDep, test: Annotated[str, Query(max_length=80)] = "") -> Response:
    page = mails_page(
        run.session, settings, run.partnership, run.round_, language_of(run.request), test_key=_test_key(run, test)
    )
    return render(run.request, page)


@router.post(PATH + "/mails/plan")
def set_plan(
    run: RunDep,
    settings: SettingsDep,
    days: Annotated[str, Form(max_length=100)] = "",
    to: Annotated[str, Form(max_length=20)] = "open",
    way: Annotated[str, Form(max_length=20)] = "mail",
) -> Response:
    """Chosen before the start, and told to everybody invited: afterwards it stands."""
    run.require("prepared")
    parts = [one for one in NUMBERS.split(days.strip()) if one]
    try:
        if not all(one.isascii() and one.isdigit() for one in parts):
            raise InvalidInput("days are whole numbers")
        mailings.set_plan(
            run.session,
            run.round_,
            reminders=[int(one) for one in parts],
            everybody=to == "everybody",
            by_mail=way != "paper",
        )
    except InvalidInput:
        said = run._("Please give up to {count} whole numbers of days before closing, each from 1 to {most}.")
        problem = said.format(count=mailings.MOST_REMINDERS, most=mailings.EARLIEST_REMINDER)
        return _again_with(run, settings, problem, 422)
    run.record("set the reminders of a round")
    return see_other(f"{run.address}/mails")


@router.post(PATH + "/mails/test")
def send_test(run: RunDep, settings: SettingsDep) -> Response:
    """The invitation with made-up values, to oneself only."""
    language = run.account.language if run.account.language in LANGUAGES else "en"
    text = text_for(run.session, run.partnership.id, "invitation", language)
    shown = sample(run.partnership, settings, "invitation", language, text)
    name = f"{run.now:%Y%m%dT%H%M}"  # a double click is one mail
    outbox.post(run.session, to=run.account.email, subject=shown.subject, text=shown.body, key=_test_key(run, name))
    return see_other(f"{run.address}/mails?test={name}")


def _test_key(run: Run, name: str) -> str:
    return f"test|{run.account.id}|{run.round_.id}|{name}" if name else ""


@router.post(PATH + "/mails/again")
def send_again(run: RunDep, invitation: Annotated[UUID, Form()]) -> Response:
    """The same link once more, to one person whom the facilitator names; recorded, as it is a facilitator's act."""
    if run.round_.state != "open":
        raise RoundNotOpen(f"round {run.round_.number} is {run.round_.state}", round_id=run.round_.id)
    found = run.session.get(Invitation, invitation)
    if found is None or found.round_id != run.round_.id or found.gone or not mailings.has_address(found):
        raise NotFound("there is no such invitation")
    waiting = [one for one in mailings.of_round(run.session, run.round_) if one.kind == "again" and one.sent is None]
    if all(one.details["invitation"] != found.id.hex for one in waiting):
        mailings.send_again(run.session, run.round_, found, run.now)
        run.record("sent an invitation again")
    return see_other(f"{run.address}/mails")


@router.post(PATH + "/mails/agreed")
def send_agreed(run: RunDep, settings: SettingsDep) -> Response:
    """What was agreed goes to everybody invited; pressed again with nothing new it sends nothing."""
    run.require("released")
    entries = agreed_for(run.session, run.round_)
    if not entries:
        return _again_with(run, settings, run._("Nothing has been agreed on a finding of this round yet."), 409)
    stamp = hashlib.sha256("|".join(f"{one.id}{one.what}{one.due_on}" for one in entries).encode()).hexdigest()
    before = [one for one in mailings.of_round(run.session, run.round_) if one.kind == "agreed"]
    if any(one.details.get("stamp") == stamp for one in before):
        return _again_with(run, settings, run._("Everybody was told of exactly these agreements already."), 409)
    mailings.announce_agreed(run.session, run.round_, run.now, [one.id.hex for one in entries], stamp)
    run.record(f"sent {len(entries)} agreements to everybody invited")
    return see_other(f"{run.address}/mails")


def _again_with(run: Run, settings: SettingsDep, problem: str, status: int) -> Response:
    page = mails_page(run.session, settings, run.partnership, run.round_, language_of(run.request), problem=problem)
    return render(run.request, page, status=status)


@router.get(PATH + "/mails/shown")
def shown_mails(run: RunDep, settings: SettingsDep, keystore: KeystoreDep) -> Response:
    """Only in the demonstration, where people are invented: elsewhere links are for their owners alone."""
    if not settings.demonstration or run.round_.state != "open":
        raise HTTPException(404)
    language, keys = language_of(run.request), keystore.load(run.round_.id)
    shown = []
    for one in filter(mailings.has_address, rounds.invitations_of(run.session, run.round_)):
        text = text_for(run.session, run.partnership.id, "invitation", one.language)
        values = values_for(run.session, settings, run.partnership, run.round_, one, keys, one.language)
        promised = confidentiality("invitation", one.language, has_positions=rounds.asks_positions(run.round_))
        values |= {"confidentiality": promised}
        shown.append(ShownMail(one.email or "", subject_of(text, values), fill(text.body, values), one.language))
    others = []
    for kind in ALLOWED:
        if kind != "invitation":
            text = sample(
                run.partnership, settings, kind, language, text_for(run.session, run.partnership.id, kind, language)
            )
            others.append((run._(TITLES[kind]), ShownMail("", text.subject, text.body, language)))
    title, label = title_of(run.partnership, language), label_in(run.round_.label, language)
    return render(run.request, ShownMailsPage(title, run.address, label, tuple(shown), tuple(others)))


@router.get(PATH + "/calendar.ics")
def calendar_file(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    settings: SettingsDep,
    partnership_id: UUID,
    number: RoundNumber,
) -> Response:
    """Opening, closing and opening of the box for a calendar; the file of a round is for everybody with a seat."""
    partnership = partnership_for(session, account, partnership_id)
    round_ = rounds.get_round(session, partnership.id, number)
    made = calendar_of_round(partnership, round_, settings.base_url, language_of(request), stamp=round_.opens_at)
    return download(made, f"{partnership.code} round {number}.ics", "text/calendar")
