"""The position of one organization about each partner: named data, drafted by any invitee, agreed to by a second one.

The draft is shared by the invited people of one organization. Whoever changes it becomes its drafter; a proposal is
signed by somebody else, or by the drafter where nobody else was invited. Until it is signed nothing counts.
Colleagues may comment on the draft: what they say is sealed with it and destroyed with it, when it is signed or when
the round is opened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Any, Literal
from uuid import UUID

from sqlmodel import Session, col, func, select

from server.questionnaire import NO_CONTACT
from server.respondents import Respondent
from server.sheets import circumstances_of, instrument_of, organizations_of
from surveys import ballots, rounds
from surveys.answers import check_position
from surveys.models import Invitation, Round
from surveys.problems import SurveyProblem

State = Literal["", "empty", "draft", "proposed", "cast"]
REMARK_LIMIT = 300  # characters of one comment on a draft
REMARKS_AT_MOST = 12  # the box has one size for everybody: as many as fit beside the longest position
RATINGS_NEED = 400  # bytes about one partner, at most


class PositionChanged(SurveyProblem):
    """A signature was given to a position that changed after its page was shown."""


class TooManyRemarks(SurveyProblem):
    """Another comment does not fit into the sealed draft."""


class NotYoursToSign(SurveyProblem):
    """The drafter of a position tried to sign it although a colleague is there to agree."""

    kind = "forbidden"


Remark = Mapping[str, str]  # id, partner ("" for the whole), text, by, by_id


@dataclass(frozen=True, slots=True)
class Position:
    """The shared draft: ratings by the rated organization's id, who wrote it last, whether it was proposed."""

    ratings: Mapping[str, Mapping[str, Any]]
    drafter: str = ""
    drafter_id: str = ""
    is_proposed: bool = False
    version: int = 0
    remarks: Sequence[Remark] = ()  # what colleagues say of the draft; never handed in

    def rated(self, partner_id: UUID, answers: Mapping[str, Any], *, by: str, by_id: UUID) -> Position:
        """The position after one partner's page was saved; saving it unchanged changes nothing."""
        if self.ratings.get(str(partner_id), {}) == answers:
            return self
        ratings = {**self.ratings, str(partner_id): dict(answers)}
        return Position(ratings, by, str(by_id), is_proposed=False, version=self.version + 1, remarks=self.remarks)

    def proposed(self) -> Position:
        return replace(self, is_proposed=True)

    def remarked(self, partner: str, text: str, *, by: str, by_id: UUID, room: int) -> Position:
        """With one more comment; said twice by the same person it stands once. It changes nothing that is signed.

        room: bytes that comments may take; the ratings must always find theirs.
        """
        same = (partner, text, str(by_id))
        if any((one["partner"], one["text"], one["by_id"]) == same for one in self.remarks):
            return self
        remark = {"id": token_hex(4), "partner": partner, "text": text, "by": by, "by_id": str(by_id)}
        remarks = (*self.remarks, remark)
        if len(remarks) > REMARKS_AT_MOST or len(json.dumps(remarks, ensure_ascii=False).encode()) > room:
            raise TooManyRemarks("another comment does not fit into the sealed draft")
        return replace(self, remarks=remarks)

    def without_remark(self, id_: str, by_id: UUID) -> Position:
        """Without one comment, which only its author takes back."""
        kept = [one for one in self.remarks if (one["id"], one["by_id"]) != (id_, str(by_id))]
        return replace(self, remarks=kept)

    def as_content(self) -> dict[str, Any]:
        return {
            "ratings": self.ratings,
            "drafter": self.drafter,
            "drafter_id": self.drafter_id,
            "is_proposed": self.is_proposed,
            "version": self.version,
            "remarks": list(self.remarks),
        }


def room_for_remarks(round_: Round) -> int:
    """Bytes of the sealed draft that the longest position leaves."""
    return round_.box_size - 1500 - RATINGS_NEED * len(round_.invited)


def load(session: Session, respondent: Respondent) -> Position | None:
    """The shared draft; None once the position was handed in, until a replacement is begun."""
    visit, keys = respondent.visit, respondent.keys
    content = ballots.load_position(session, keys, visit.organization.id)
    if content is not None:
        return Position(**content)
    return None if ballots.position_is_cast(session, keys, visit.organization.id) else Position({})


def save(session: Session, respondent: Respondent, position: Position) -> None:
    visit = respondent.visit
    ballots.save_position(session, visit.round_, respondent.keys, visit.organization.id, position.as_content())


def sign(session: Session, respondent: Respondent, position: Position, version: int) -> None:
    """Seal the position under the drafter's and the signer's names."""
    visit = respondent.visit
    is_single = is_single_informant(session, respondent)
    if position.version != version:
        raise PositionChanged("the position changed after its page was shown")
    if not is_single and (not position.is_proposed or not may_sign(position, respondent)):
        raise NotYoursToSign("a second person of the organization agrees and signs")
    payload = {
        "organization": str(visit.organization.id),
        "ratings": position.ratings,
        "drafter": position.drafter,
        "signer": visit.invitation.person,
        "single_informant": is_single,
    }
    partners = {str(organization.id) for organization in organizations_of(session, visit.round_)}
    check_position(instrument_of(session, visit.round_), circumstances_of(session, visit), payload, partners)
    ballots.cast_position(session, visit.round_, respondent.keys, visit.organization.id, payload)


def may_sign(position: Position, respondent: Respondent) -> bool:
    return position.drafter_id != str(respondent.visit.invitation.id)


def is_single_informant(session: Session, respondent: Respondent) -> bool:
    """Whether nobody else of this organization could agree."""
    visit = respondent.visit
    count = select(func.count()).where(
        Invitation.round_id == visit.round_.id,
        Invitation.organization_id == visit.organization.id,
        col(Invitation.gone).is_(False),
    )
    return session.exec(count).one() == 1


def state_of_position(session: Session, respondent: Respondent) -> State:
    """Where the organization's position stands; empty text where the partnership asks for none."""
    if not rounds.asks_positions(respondent.visit.round_):
        return ""
    position = load(session, respondent)
    if position is None:
        return "cast"
    if not position.ratings:
        return "empty"
    return "proposed" if position.is_proposed else "draft"


def without_skipped(answers: Mapping[str, Any], contact: str, always: frozenset[str]) -> dict[str, Any]:
    """The answers that count: without contact only the overall questions are asked."""
    if answers.get(contact) != NO_CONTACT:
        return dict(answers)
    return {code: answer for code, answer in answers.items() if code == contact or code in always}
