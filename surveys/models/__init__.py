"""Tables only, by noun. What ties a person to an answer exists nowhere: tests/anonymity holds this file to it."""

from surveys.models.ballots import Ballot, CarryOver, CommentRow, Draft, Response
from surveys.models.charters import (
    Charter,
    CharterSignature,
    FactSheet,
    Lesson,
    OrganizationChange,
    PartnershipEvent,
    RegisterEntry,
    RuleReason,
)
from surveys.models.keys import KeyHolder, KeyLock, KeyShare, Rehearsal
from surveys.models.mail import Cancellation, Delivery, Mailing, MailText, OutboxRow, PlainMail, RoundPlan
from surveys.models.partnerships import Membership, Organization, Partnership
from surveys.models.people import Account, AuditEntry, Seat
from surveys.models.releases import Discussion, ReleaseRow
from surveys.models.rounds import InstrumentVersion, Invitation, Round

__all__ = [
    "Account",
    "AuditEntry",
    "Ballot",
    "Cancellation",
    "CarryOver",
    "Charter",
    "CharterSignature",
    "CommentRow",
    "Delivery",
    "Discussion",
    "Draft",
    "FactSheet",
    "InstrumentVersion",
    "Invitation",
    "KeyHolder",
    "KeyLock",
    "KeyShare",
    "Lesson",
    "MailText",
    "Mailing",
    "Membership",
    "Organization",
    "OrganizationChange",
    "OutboxRow",
    "Partnership",
    "PartnershipEvent",
    "PlainMail",
    "RegisterEntry",
    "Rehearsal",
    "ReleaseRow",
    "Response",
    "Round",
    "RoundPlan",
    "RuleReason",
    "Seat",
]
