"""Who is invited: the list before the start; after it the personal links, corrected addresses, people who left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from markupsafe import Markup
from starlette.responses import Response

from server.deps import KeystoreDep, SettingsDep
from server.dossiers import address_of, organizations_by_id
from server.invitees import Fault, is_address, read_list, write_list
from server.languages import LANGUAGES, label_in
from server.pages import Page, Words, language_of, render, see_other
from server.preparing import LINKS_SHOWN, find_first, in_order
from server.qr import qr_svg
from server.routes.setup import Run, RunDep
from server.settings import Settings
from server.sheets import name_of, title_of
from server.uploads import UploadedDep
from surveys import approvals, contacts, partnerships, rounds
from surveys.invitations import personal_secret
from surveys.keystore import Keystore
from surveys.models import Contact, Invitation, Organization
from surveys.problems import NotFound, RoundNotOpen

router = APIRouter()
SHOWN_AGAIN = timedelta(minutes=15)  # a page lost to a double click or an empty printer may be asked for again


@dataclass(frozen=True, slots=True)
class ListPage(Page):
    template = "rounds/list.html"
    title: Words
    address: str
    label: str
    text: str
    names: tuple[Words, ...]
    languages: tuple[str, ...]
    faults: tuple[Fault, ...]
    problem: str
    is_proposed: bool  # from the contacts, not saved yet
    contacts_at: str


@dataclass(frozen=True, slots=True)
class LinkLine:
    person: str
    organization: Words
    language: str
    link: str
    code: str
    qr: Markup


@dataclass(frozen=True, slots=True)
class LinksPage(Page):
    """Every personal link once, to be handed out; nothing about who used one."""

    template = "rounds/links.html"
    title: Words
    address: str
    label: str
    links: tuple[LinkLine, ...]
    enter_at: str


@router.get("/partnerships/{partnership_id}/rounds/{number}/list")
def list_page(run: RunDep) -> Response:
    """The list as it stands; before there is one, as the partners' contacts propose it."""
    run.require("prepared")
    names = {str(key): one.name for key, one in organizations_by_id(run.session, run.partnership.id).items()}
    present = {one.id for one in _members(run)}
    listed: list[Invitation | Contact] = list(rounds.invitations_of(run.session, run.round_))
    proposed = [
        one for one in contacts.of_partnership(run.session, run.partnership.id) if one.organization_id in present
    ]
    page = _list_page(run, write_list(listed or proposed, names), is_proposed=bool(proposed and not listed))
    return render(run.request, page)


@router.post("/partnerships/{partnership_id}/rounds/{number}/list")
def save_list(run: RunDep, uploaded: UploadedDep) -> Response:
    """All lines or none: with a fault nothing is saved, and every fault is named with its place."""
    run.require("prepared")
    if problem := uploaded.problem(run._):
        return render(run.request, _list_page(run, "", problem=problem), status=422)
    found, faults = read_list(uploaded.rows(), _members(run), run._, is_workbook=uploaded.is_workbook)
    if faults:
        return render(run.request, _list_page(run, uploaded.text, tuple(faults)), status=422)
    rounds.set_list(run.session, run.round_, found)
    approvals.forget_waiting(run.session, run.round_)
    run.record(f"set the list to {len(found)} people")
    return see_other(run.address)


def _members(run: Run) -> list[Organization]:
    day = run.round_.opens_at.date()
    return [one for _, one in partnerships.members_on(run.session, run.partnership.id, day)]


def _list_page(
    run: Run, text: str, faults: tuple[Fault, ...] = (), problem: str = "", *, is_proposed: bool = False
) -> ListPage:
    language = language_of(run.request)
    return ListPage(
        title=title_of(run.partnership, language),
        address=run.address,
        label=label_in(run.round_.label, language),
        text=text,
        names=tuple(name_of(one, language) for one in _members(run)),
        languages=LANGUAGES,
        faults=faults,
        problem=problem,
        is_proposed=is_proposed,
        contacts_at=f"{address_of(run.partnership)}/contacts",
    )


@router.post("/partnerships/{partnership_id}/rounds/{number}/links")
def show_links(run: RunDep, keystore: KeystoreDep, settings: SettingsDep) -> Response:
    """All links, once; the act is on record. Later a lost link is shown by itself."""
    require_open(run)
    earlier = find_first(run.session, run.round_, LINKS_SHOWN)
    if earlier is not None and (run.now - earlier.at > SHOWN_AGAIN or earlier.actor != run.account.email):
        return run.refuse(run._("All links were shown before. A lost link can be shown again beside its person."), 409)
    if earlier is None:
        run.record(LINKS_SHOWN)
    present = [one for one in rounds.invitations_of(run.session, run.round_) if not one.gone]
    return _links_page(run, keystore, settings, present)


@router.post("/partnerships/{partnership_id}/rounds/{number}/people/{invitation_id}/link")
def show_link(run: RunDep, keystore: KeystoreDep, settings: SettingsDep, invitation_id: UUID) -> Response:
    require_open(run)
    invitation = get_present(run, invitation_id)
    run.record("showed one link again")
    return _links_page(run, keystore, settings, [invitation])


def _links_page(run: Run, keystore: Keystore, settings: Settings, invitations: Iterable[Invitation]) -> Response:
    language, keys = language_of(run.request), keystore.load(run.round_.id)
    organizations = organizations_by_id(run.session, run.partnership.id)
    enter_at = f"{settings.base_url.rstrip('/')}/i"
    lines = []
    for one in in_order(invitations, organizations):
        code = personal_secret(keys, one.id)
        organization, link = name_of(organizations[one.organization_id], language), f"{enter_at}#{code}"
        qr = qr_svg(link, run._("QR code of the personal link"))
        lines.append(LinkLine(one.person, organization, one.language, link, code, qr))
    title = title_of(run.partnership, language)
    return render(
        run.request, LinksPage(title, run.address, label_in(run.round_.label, language), tuple(lines), enter_at)
    )


@router.post("/partnerships/{partnership_id}/rounds/{number}/people/{invitation_id}/address")
def correct_address(run: RunDep, invitation_id: UUID, email: Annotated[str, Form(max_length=400)] = "") -> Response:
    """The link stays the same: it is sent again, to the right address."""
    require_open(run)
    invitation, wanted = get_present(run, invitation_id), email.strip().lower()
    if not is_address(wanted):
        return run.refuse(run._("This is not an e-mail address; nothing was changed."), 422)
    others = [one for one in rounds.invitations_of(run.session, run.round_) if one.id != invitation.id]
    if any(one.email == wanted for one in others):
        return run.refuse(run._("Somebody else on the list has this address; nothing was changed."), 422)
    if invitation.email != wanted:
        invitation.email = wanted
        run.record("corrected an address")
    return see_other(run.address)


@router.post("/partnerships/{partnership_id}/rounds/{number}/people/{invitation_id}/gone")
def declare_gone(run: RunDep, invitation_id: UUID) -> Response:
    require_open(run)
    invitation = _get_invitation(run, invitation_id)
    if not invitation.gone:
        rounds.declare_gone(run.session, run.round_, invitation_id)
        run.record("declared a person gone")
    return see_other(run.address)


def require_open(run: Run) -> None:
    if run.round_.state != "open":
        raise RoundNotOpen(f"round {run.round_.number} is {run.round_.state}", round_id=run.round_.id)


def _get_invitation(run: Run, invitation_id: UUID) -> Invitation:
    invitation = run.session.get(Invitation, invitation_id)
    if invitation is None or invitation.round_id != run.round_.id:
        raise NotFound("there is no such invitation")
    return invitation


def get_present(run: Run, invitation_id: UUID) -> Invitation:
    invitation = _get_invitation(run, invitation_id)
    if invitation.gone:
        raise NotFound("this person was declared gone")
    return invitation
