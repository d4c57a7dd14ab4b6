"""What a round's page shows before there is a release: dates, list, approval, and what happens next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from server.deps import may_run
from server.dossiers import Dossier, organizations_by_id
from server.entries import EntryLine, before, entry_lines
from server.key_pages import opened_by_words
from server.languages import format_day, translator
from server.letters import ShownLink
from server.pages import LANGUAGE_NAMES, Page, Words, format_moment
from server.seats import role_words
from server.sheets import instrument_of, name_of
from server.states import state_words
from server.what_next import next_steps
from surveys import accounts, approvals, cancelling, key_locks, mailings, response, rounds
from surveys.models import Account, AuditEntry, Invitation, Organization, Round
from surveys.rounds import FEW_ORGANIZATIONS, FEW_PEOPLE, FEWEST_ORGANIZATIONS, FEWEST_PEOPLE

LINKS_SHOWN = "showed all links"
PRINTED = "printed the invitation letters"


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One invited person. Whether they answered is not known here, and not shown anywhere."""

    id: UUID
    person: str
    email: str
    organization: Words
    language: str
    gone: bool


@dataclass(frozen=True, slots=True)
class CancelNote:
    """The proposal to cancel a round, as everybody with a seat may read it."""

    proposed_by: str
    second_person: str
    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Who was asked to approve the list, and what became of it: waiting, approved, sent_back, changed."""

    person: str
    office: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class PreparedPage(Page):
    template = "rounds/prepared.html"
    title: Words
    partnership_address: str
    address: str
    label: str
    state: str
    sentence: str
    opens_at: datetime
    closes_at: datetime
    zone: str
    extended: bool
    people: tuple[PersonLine, ...]
    organizations: tuple[tuple[Words, int], ...]
    n_invited: int
    letters: str  # how many people get a printed letter; empty where nobody does
    small_list: str
    is_too_small: bool
    approved_by: str
    opened_by: str
    links_shown: str
    entries: tuple[EntryLine, ...]
    drafts: tuple[str, ...]  # languages whose translation of the questionnaire awaits a native reviewer
    may_run: bool
    steps: tuple[str, ...]
    response: str
    cancelling: CancelNote | None  # proposed, waiting for a second person
    may_confirm: bool
    has_positions: bool
    asked: Asked | None
    seated: tuple[tuple[str, str], ...]  # representatives and trustees who may be asked to approve
    shown: ShownLink | None
    problem: str


def prepared_page(
    session: Session,
    account: Account,
    dossier: Dossier,
    round_: Round,
    now: datetime,
    *,
    problem: str = "",
    shown: ShownLink | None = None,
) -> PreparedPage:
    """The page of a round without a release; `problem` says why a step was refused."""
    language, zone = dossier.wording.language, dossier.partnership.time_zone
    organizations = organizations_by_id(session, dossier.partnership.id)
    counts = round_.invited or rounds.head_counts(session, round_)
    runs = may_run(session, account, dossier.partnership.id)
    is_too_small, small_list = size_words(sum(counts.values()), len(counts), language)
    return PreparedPage(
        title=dossier.title,
        partnership_address=dossier.address,
        address=f"{dossier.address}/rounds/{round_.number}",
        label=dossier.wording.label(round_.label),
        state=round_.state,
        sentence=state_words(round_, zone, language, now, key_locks.find_waiting(session, round_)),
        opens_at=round_.opens_at,
        closes_at=round_.closes_at,
        zone=zone,
        extended=round_.extended,
        people=_people(session, round_, organizations, language) if runs else (),
        organizations=_counted(counts, organizations, language),
        n_invited=sum(counts.values()),
        letters=_letters(session, round_, language),
        small_list=small_list,
        is_too_small=is_too_small,
        approved_by=round_.approved_by,
        opened_by=opened_by_words(session, round_, language),
        links_shown=_links_shown(session, round_, zone, language),
        entries=before(entry_lines(session, dossier, now.date()), round_.number),
        drafts=tuple(LANGUAGE_NAMES[code] for code in instrument_of(session, round_).drafts if code in LANGUAGE_NAMES),
        may_run=runs,
        steps=next_steps(session, dossier.partnership, round_, now, language),
        response=_response(session, round_, language),
        cancelling=_cancelling(session, round_),
        may_confirm=_role(session, account, dossier.partnership.id) in cancelling.MAY_CONFIRM,
        has_positions=round_.dyadic_mode == "positions",
        asked=_asked(session, round_) if runs else None,
        seated=_seated(session, round_, language) if runs else (),
        shown=shown,
        problem=problem,
    )


def _response(session: Session, round_: Round, language: str) -> str:
    """How many answered, as counted once a day, while the round is open."""
    found = response.find(session, round_) if round_.state == "open" else None
    if found is None:
        return ""
    said = translator(language).gettext("{answered} of {invited} people, counted on {day}; counted once a day")
    return said.format(answered=found.answered, invited=found.invited, day=format_day(found.counted_on, language))


def _cancelling(session: Session, round_: Round) -> CancelNote | None:
    found = cancelling.find(session, round_)
    return CancelNote(found.proposed_by, found.second_person, found.reason) if found else None


def _role(session: Session, account: Account, partnership_id: UUID) -> str:
    seat = accounts.find_seat(session, account, partnership_id)
    return seat.role if seat else ""


def _asked(session: Session, round_: Round) -> Asked | None:
    found = approvals.latest(session, round_)
    if found is None:
        return None
    is_old = found.decision == "waiting" and not approvals.is_current(session, found, round_)
    return Asked(found.person, found.office, "changed" if is_old else found.decision, found.reason)


def _seated(session: Session, round_: Round, language: str) -> tuple[tuple[str, str], ...]:
    """Who sits in the partnership and did not write the list."""
    wrote, found = approvals.authors(session, round_), []
    for seat, account in accounts.seats_in(session, round_.partnership_id):
        if seat.role in ("representative", "trustee") and account.email.casefold() not in wrote:
            organization = session.get(Organization, seat.organization_id) if seat.organization_id else None
            found.append((str(account.id), f"{account.name}, {role_words(seat.role, organization, language)}"))
    return tuple(found)


def size_words(people: int, organizations: int, language: str) -> tuple[bool, str]:
    """Whether a list is too small to begin with, and what is to be said of its size."""
    _ = translator(language).gettext
    if people < FEWEST_PEOPLE or organizations < FEWEST_ORGANIZATIONS:
        needed = _("At least {people} people from {organizations} organizations are needed, or nothing could be shown.")
        return True, needed.format(people=FEWEST_PEOPLE, organizations=FEWEST_ORGANIZATIONS)
    if people < FEW_PEOPLE or organizations < FEW_ORGANIZATIONS:
        return False, _("With so few people or organizations many results will stay hidden.")
    return False, ""


def _people(
    session: Session, round_: Round, organizations: Mapping[UUID, Organization], language: str
) -> tuple[PersonLine, ...]:
    return tuple(
        PersonLine(
            one.id,
            one.person,
            one.email or "",
            name_of(organizations[one.organization_id], language),
            one.language,
            one.gone,
        )
        for one in in_order(rounds.invitations_of(session, round_), organizations)
    )


def in_order(invitations: Iterable[Invitation], organizations: Mapping[UUID, Organization]) -> list[Invitation]:
    """By organization, then by person."""
    return sorted(invitations, key=lambda one: (organizations[one.organization_id].name, one.person, one.email or ""))


def _counted(
    counts: Mapping[str, int], organizations: Mapping[UUID, Organization], language: str
) -> tuple[tuple[Words, int], ...]:
    named = [(name_of(organizations[UUID(key)], language), count) for key, count in counts.items()]
    return tuple(sorted(named, key=lambda pair: pair[0].text))


def _letters(session: Session, round_: Round, language: str) -> str:
    """How many people wait for a letter, and what has to be done about it, until the letters were printed."""
    present = [one for one in rounds.invitations_of(session, round_) if not one.gone]
    if mailings.plan_of(session, round_).by_mail:
        present = [one for one in present if not mailings.has_address(one)]
    if not present or round_.state not in ("prepared", "open") or find_first(session, round_, PRINTED):
        return ""
    said = translator(language).ngettext(
        "%(num)s person gets a printed letter instead of mails. Once the round is open, a trustee or a representative "
        "must print the letters on this page and hand them out.",
        "%(num)s people get a printed letter instead of mails. Once the round is open, a trustee or a representative "
        "must print the letters on this page and hand them out.",
        len(present),
    )
    return said % {"num": len(present)}


def find_first(session: Session, round_: Round, act: str) -> AuditEntry | None:
    """The first time this was done in a round, such as all links shown."""
    query = select(AuditEntry).where(AuditEntry.act == act, AuditEntry.subject == f"round {round_.id}")
    return session.exec(query.order_by(col(AuditEntry.id)).limit(1)).first()


def _links_shown(session: Session, round_: Round, zone: str, language: str) -> str:
    shown = find_first(session, round_, LINKS_SHOWN)
    if shown is None:
        return ""
    said = translator(language).gettext("All links were shown to {who} on {moment}.")
    return said.format(who=shown.actor, moment=format_moment(shown.at, zone, language))
