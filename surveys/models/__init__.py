"""Tables only, by noun. What ties a person to an answer exists nowhere: tests/anonymity holds this file to it."""

from surveys.models.access import AccountLink, Login, RecoveryCode
from surveys.models.api_tokens import ApiToken
from surveys.models.ballots import Ballot, CarryOver, CommentRow, Draft, Response
from surveys.models.briefs import BriefComment, BriefWords
from surveys.models.charters import (
    Charter,
    CharterScan,
    CharterSignature,
    FactSheet,
    Lesson,
    OrganizationChange,
    PartnershipEvent,
    RegisterEntry,
    RuleReason,
)
from surveys.models.commitments import Commitment
from surveys.models.contacts import Contact, ListApproval
from surveys.models.discussions import Discussion, Meeting, MeetingItem, Reply, ReplyLink
from surveys.models.disputes import Acknowledgement, Concern, Dispute, Document, Note, Party, Step
from surveys.models.keys import KeyHolder, KeyLock, KeyShare, Rehearsal
from surveys.models.mail import Cancellation, Delivery, Mailing, MailText, OutboxRow, PlainMail, RoundPlan
from surveys.models.partnerships import Membership, Organization, Partnership
from surveys.models.people import Account, AuditEntry, Seat
from surveys.models.questionnaires import OwnQuestionnaire
from surveys.models.releases import ReleaseMain, ReleaseRow
from surveys.models.rounds import InstrumentVersion, Invitation, Round

__all__ = [
    "Account",
    "AccountLink",
    "Acknowledgement",
    "ApiToken",
    "AuditEntry",
    "Ballot",
    "BriefComment",
    "BriefWords",
    "Cancellation",
    "CarryOver",
    "Charter",
    "CharterScan",
    "CharterSignature",
    "CommentRow",
    "Commitment",
    "Concern",
    "Contact",
    "Delivery",
    "Discussion",
    "Dispute",
    "Document",
    "Draft",
    "FactSheet",
    "InstrumentVersion",
    "Invitation",
    "KeyHolder",
    "KeyLock",
    "KeyShare",
    "Lesson",
    "ListApproval",
    "Login",
    "MailText",
    "Mailing",
    "Meeting",
    "MeetingItem",
    "Membership",
    "Note",
    "Organization",
    "OrganizationChange",
    "OutboxRow",
    "OwnQuestionnaire",
    "Partnership",
    "PartnershipEvent",
    "Party",
    "PlainMail",
    "RecoveryCode",
    "RegisterEntry",
    "Rehearsal",
    "ReleaseMain",
    "ReleaseRow",
    "Reply",
    "ReplyLink",
    "Response",
    "Round",
    "RoundPlan",
    "RuleReason",
    "Seat",
    "Step",
]
