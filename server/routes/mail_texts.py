"""A partnership's own wording of its mails: seen as it would arrive, changed, tried on oneself, given up again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form
from sqlmodel import Session, select
from starlette.requests import Request
from starlette.responses import Response

from server.deps import AccountDep, ClockDep, SessionDep, SettingsDep, partnership_to_run
from server.dossiers import address_of
from server.languages import translator
from server.mail_texts import (
    ALLOWED,
    KINDS,
    MEANINGS,
    REQUIRED,
    TITLES,
    Text,
    faults_of,
    keep_text,
    standard_text,
    text_for,
    tidied,
)
from server.mailing import sample
from server.pages import LANGUAGE_NAMES, Page, Words, language_of, render, see_other
from server.settings import Settings
from server.sheets import title_of
from surveys import audit, outbox
from surveys.models import Account, MailText, Partnership

router = APIRouter()
PATH = "/partnerships/{partnership_id}/mails"
Kind = Literal["invitation", "reminder", "extension", "not_opened", "cancelled", "results", "agreed"]
Language = Literal["en", "km", "fr"]
LONGEST_FORM = 50_000


@dataclass(frozen=True, slots=True)
class TextLine:
    title: str
    address: str
    language: str
    name: str
    is_own: bool


@dataclass(frozen=True, slots=True)
class TextsPage(Page):
    template = "mailings/list.html"
    title: Words
    partnership_address: str
    kinds: tuple[tuple[str, tuple[TextLine, ...]], ...]


@dataclass(frozen=True, slots=True)
class TextPage(Page):
    template = "mailings/text.html"
    title: Words
    back: str
    address: str
    kind_title: str
    language_code: str
    language_name: str
    typed: Text
    is_own: bool
    faults: tuple[str, ...]
    placeholders: tuple[tuple[str, str, bool], ...]
    shown: Text
    has_server: bool
    saved: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """One text of one partnership, and who works on it."""

    request: Request
    session: Session
    account: Account
    partnership: Partnership
    settings: Settings
    kind: str
    language: str

    @property
    def address(self) -> str:
        return f"{address_of(self.partnership)}/mails/{self.kind}/{self.language}"

    def _(self, text: str) -> str:
        return translator(language_of(self.request)).gettext(text)

    def is_own(self) -> bool:
        return self.session.get(MailText, (self.partnership.id, self.kind, self.language)) is not None


def get_wanted(
    request: Request,
    session: SessionDep,
    account: AccountDep,
    settings: SettingsDep,
    partnership_id: UUID,
    kind: Kind,
    language: Language,
) -> Wanted:
    partnership = partnership_to_run(session, account, partnership_id)
    return Wanted(request, session, account, partnership, settings, kind, language)


WantedDep = Annotated[Wanted, Depends(get_wanted)]


@router.get(PATH)
def texts(request: Request, session: SessionDep, account: AccountDep, partnership_id: UUID) -> Response:
    partnership = partnership_to_run(session, account, partnership_id)
    _, address = translator(language_of(request)).gettext, address_of(partnership)
    own = {
        (one.kind, one.language)
        for one in session.exec(select(MailText).where(MailText.partnership_id == partnership.id))
    }
    kinds = tuple(
        (
            _(TITLES[kind]),
            tuple(
                TextLine(_(TITLES[kind]), f"{address}/mails/{kind}/{code}", code, name, (kind, code) in own)
                for code, name in LANGUAGE_NAMES.items()
            ),
        )
        for kind in KINDS
    )
    return render(request, TextsPage(title_of(partnership, language_of(request)), address, kinds))


@router.get(PATH + "/{kind}/{language}")
def text_page(wanted: WantedDep, saved: bool = False) -> Response:
    text = text_for(wanted.session, wanted.partnership.id, wanted.kind, wanted.language)
    return render(wanted.request, _page(wanted, text, saved=saved))


@router.post(PATH + "/{kind}/{language}")
def save_text(
    wanted: WantedDep,
    now: ClockDep,
    subject: Annotated[str, Form(max_length=LONGEST_FORM)] = "",
    body: Annotated[str, Form(max_length=LONGEST_FORM)] = "",
    act: Annotated[str, Form(max_length=20)] = "save",
) -> Response:
    """Save, or only look at what was typed as it would arrive. With a fault nothing is saved."""
    text = tidied(subject, body)
    faults = faults_of(wanted.kind, text, wanted._)
    if faults or act == "preview":
        return render(wanted.request, _page(wanted, text, faults), status=422 if faults else 200)
    keep_text(wanted.session, wanted.partnership.id, wanted.kind, wanted.language, text)
    _record(wanted, now, "changed the words of a mail")
    return see_other(f"{wanted.address}?saved=true")


@router.post(PATH + "/{kind}/{language}/standard")
def use_standard(wanted: WantedDep, now: ClockDep) -> Response:
    if wanted.is_own():
        text = standard_text(wanted.kind, wanted.language)
        keep_text(wanted.session, wanted.partnership.id, wanted.kind, wanted.language, text)
        _record(wanted, now, "returned to the standard words of a mail")
    return see_other(wanted.address)


@router.post(PATH + "/{kind}/{language}/test")
def send_test(wanted: WantedDep, now: ClockDep) -> Response:
    """As it stands, with made-up values, to oneself only; twice within a minute is one mail."""
    text = text_for(wanted.session, wanted.partnership.id, wanted.kind, wanted.language)
    shown = sample(wanted.partnership, wanted.settings, wanted.kind, wanted.language, text)
    key = f"test|{wanted.account.id}|{wanted.partnership.id}|{wanted.kind}|{wanted.language}|{now:%Y%m%dT%H%M}"
    outbox.post(wanted.session, to=wanted.account.email, subject=shown.subject, text=shown.body, key=key)
    return see_other(wanted.address)


def _record(wanted: Wanted, now: ClockDep, act: str) -> None:
    subject = f"partnership {wanted.partnership.id} {wanted.kind} {wanted.language}"
    audit.record(wanted.session, wanted.account.email, act, subject, now)


def _page(wanted: Wanted, text: Text, faults: tuple[str, ...] = (), *, saved: bool = False) -> TextPage:
    names = ALLOWED[wanted.kind]
    return TextPage(
        title=title_of(wanted.partnership, language_of(wanted.request)),
        back=f"{address_of(wanted.partnership)}/mails",
        address=wanted.address,
        kind_title=wanted._(TITLES[wanted.kind]),
        language_code=wanted.language,
        language_name=LANGUAGE_NAMES[wanted.language],
        typed=text,
        is_own=wanted.is_own(),
        faults=faults,
        placeholders=tuple((name, wanted._(MEANINGS[name]), name in REQUIRED[wanted.kind]) for name in names),
        shown=sample(wanted.partnership, wanted.settings, wanted.kind, wanted.language, text),
        has_server=wanted.settings.sends_mail,
        saved=saved,
    )
