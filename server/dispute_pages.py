"""Disputes as pages show them: who may see what, the clock of the present stage, and what this reader may do now."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from server.cited import Cited
from server.concern_pages import citation
from server.languages import format_day, format_month
from server.meeting_pages import dates_of
from server.pages import Words
from server.places import Place
from server.promises import PromiseLine, promise_lines, share_words
from server.sheets import name_of
from surveys import commitments, dispute_papers, dispute_parties, disputes, meetings
from surveys.dispute_states import ENDED, Role
from surveys.disputes import Standing
from surveys.ladder import Ladder, ladder_of
from surveys.models import Account, Dispute
from surveys.problems import NotFound


@dataclass(frozen=True, slots=True)
class Bench:
    """A dispute with this reader's role in it; whoever has none never gets one."""

    place: Place
    dispute: Dispute
    role: Role
    ladder: Ladder
    stands: Standing

    @property
    def address(self) -> str:
        return f"{self.place.address}/disputes/{self.dispute.id}"

    @property
    def party_id(self) -> UUID | None:
        """The party this reader sits for."""
        return self.place.organization_id if self.role in ("raiser", "party") else None

    @property
    def leads(self) -> bool:
        return self.role == "facilitator"


@dataclass(frozen=True, slots=True)
class StepLine:
    state: str
    began: str
    due: str
    ended: str
    is_late: bool
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A note or a document, and who reads it."""

    address: str
    text: str
    author: str
    day: str
    audience: str
    is_shared: bool


@dataclass(frozen=True, slots=True)
class PartyLine:
    id: str
    name: Words
    is_raiser: bool
    left: str
    confirmed: str


@dataclass(frozen=True, slots=True)
class Record:
    """What a reader sees of a dispute."""

    title: str
    state: str
    due: str
    is_over: bool
    proposed: str
    happened: str
    hoped_for: str
    agreement: str
    finding: Cited | None
    parties: tuple[PartyLine, ...]
    facilitator: str
    adjudicator: str
    mediator: str
    steps: tuple[StepLine, ...]
    notes: tuple[PaperLine, ...]
    documents: tuple[PaperLine, ...]
    meetings: tuple[tuple[str, str, str, str], ...]
    promises: tuple[PromiseLine, ...]


def bench(place: Place, dispute_id: UUID, *, to_change: bool = False) -> Bench:
    """The dispute, for parties, facilitator and adjudicator; to all others it does not exist."""
    dispute = disputes.get(place.session, dispute_id, place.partnership.id, to_change=to_change)
    role = dispute_parties.role_in(place.session, dispute, place.seat)
    if role is None:
        raise NotFound("there is no such dispute")
    ladder = ladder_of(place.session, place.partnership.id)
    return Bench(place, dispute, role, ladder, disputes.standing(place.session, dispute, ladder, place.today))


def state_words(place: Place) -> dict[str, str]:
    _ = place._
    return {
        "raised": _("raised"),
        "acknowledged": _("acknowledged"),
        "direct_talks": _("direct talks"),
        "facilitated": _("facilitated talks"),
        "steering_group": _("before the steering group"),
        "external": _("before an external mediator"),
        "agreed": _("agreed"),
        "monitoring": _("agreed, and watched"),
        "closed": _("closed"),
        "withdrawn": _("withdrawn"),
    }


def move_words(place: Place) -> dict[str, str]:
    """What the button of a step says."""
    _ = place._
    return {
        "acknowledged": _("Acknowledge it"),
        "direct_talks": _("Begin direct talks"),
        "facilitated": _("Take it to facilitated talks"),
        "steering_group": _("Take it to the steering group"),
        "external": _("Take it to an external mediator"),
        "agreed": _("Record the agreement"),
        "monitoring": _("Watch how it is kept"),
        "closed": _("Close it"),
        "withdrawn": _("Withdraw it"),
    }


def audience_words(place: Place) -> dict[str, str]:
    _ = place._
    return {
        "own": _("My own organization only"),
        "facilitator": _("My organization and the facilitator"),
        "all": _("Everybody in this dispute"),
    }


def record_of(on: Bench) -> Record:
    place, dispute, words = on.place, on.dispute, state_words(on.place)
    due_on = on.stands.due_on if dispute.state not in ENDED else None
    return Record(
        title=dispute.title,
        state=words[dispute.state],
        due=format_day(due_on, place.language) if due_on else "",
        is_over=on.stands.is_over,
        proposed=words[on.stands.proposed] if on.stands.proposed else "",
        happened=dispute.happened,
        hoped_for=dispute.hoped_for,
        agreement=dispute.agreement,
        finding=citation(place, dispute.round_id, dispute.release_digest, dispute.release_revision, dispute.target),
        parties=_parties(on),
        facilitator=_name(place, dispute.facilitator_id),
        adjudicator=_name(place, dispute.adjudicator_id),
        mediator=on.ladder.mediator,
        steps=tuple(_steps(on)),
        notes=_notes(on),
        documents=_documents(on),
        meetings=dates_of(meetings.of_partnership(place.session, place.partnership.id, dispute_id=dispute.id), place),
        promises=promise_lines(commitments.of_dispute(place.session, dispute.id), place),
    )


def _name(place: Place, account_id: UUID | None) -> str:
    account = place.session.get(Account, account_id) if account_id else None
    return account.name if account else ""


def _parties(on: Bench) -> tuple[PartyLine, ...]:
    place, names = on.place, on.place.organizations()
    return tuple(
        PartyLine(
            str(one.organization_id),
            name_of(names[one.organization_id], place.language),
            one.organization_id == on.dispute.raised_for_id,
            format_day(one.left_on, place.language) if one.left_on else "",
            one.confirmed_by,
        )
        for one in dispute_parties.parties_of(place.session, on.dispute.id)
    )


def _steps(on: Bench) -> list[StepLine]:
    language, words = on.place.language, state_words(on.place)
    return [
        StepLine(
            words[one.state],
            format_day(one.began_at.date(), language),
            format_day(one.due_on, language) if one.due_on else "",
            format_day(one.ended_at.date(), language) if one.ended_at else "",
            one.due_on is not None and (one.ended_at.date() if one.ended_at else on.place.today) > one.due_on,
            one.reason,
            one.by,
        )
        for one in on.stands.steps
    ]


def _notes(on: Bench) -> tuple[PaperLine, ...]:
    words, language = audience_words(on.place), on.place.language
    return tuple(
        PaperLine(
            "",
            one.text,
            one.author,
            format_day(one.written_at.date(), language),
            words[one.audience],
            one.audience == "all",
        )
        for one in dispute_papers.notes_for(on.place.session, on.dispute, on.role, on.party_id)
    )


def _documents(on: Bench) -> tuple[PaperLine, ...]:
    words, language = audience_words(on.place), on.place.language
    return tuple(
        PaperLine(
            f"{on.address}/documents/{one.id}",
            one.name,
            one.author,
            format_day(one.added_at.date(), language),
            words[one.audience],
            one.audience == "all",
        )
        for one in dispute_papers.documents_of(on.place.session, on.dispute)
        if dispute_papers.may_read(one, on.role, on.party_id)
    )


# The list -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DisputeLine:
    address: str  # empty where only its existence may be known
    title: str
    state: str
    raised: str
    is_over: bool


def dispute_lines(place: Place) -> tuple[DisputeLine, ...]:
    """Those this account is in; of the others, that they exist, where the charter says that everybody may know."""
    ladder, words = ladder_of(place.session, place.partnership.id), state_words(place)
    found = []
    for one in disputes.of_partnership(place.session, place.partnership.id):
        raised = format_month(one.raised_at.date(), place.language)
        if dispute_parties.role_in(place.session, one, place.seat) is not None:
            stands = disputes.standing(place.session, one, ladder, place.today)
            address = f"{place.address}/disputes/{one.id}"
            found.append(DisputeLine(address, one.title, words[one.state], raised, stands.is_over))
        elif ladder.is_existence_public:
            state = place._("ended") if one.state in ENDED else place._("going on")
            found.append(DisputeLine("", place._("A dispute between partners"), state, raised, is_over=False))
    return tuple(found)


def timeliness_words(place: Place) -> tuple[tuple[str, str], ...]:
    """Formula 51, over the disputes this account may count."""
    ladder = ladder_of(place.session, place.partnership.id)
    several = [
        one
        for one in disputes.of_partnership(place.session, place.partnership.id)
        if ladder.is_existence_public or dispute_parties.role_in(place.session, one, place.seat) is not None
    ]
    counted, wording = disputes.timeliness(place.session, several), place.dossier.wording
    return (
        (place._("Stages that ended within their time"), share_words(counted.n_in_time, counted.n_stages, wording)),
        (place._("Settled disputes opened again"), share_words(counted.n_reopened, counted.n_settled, wording)),
    )
