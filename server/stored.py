"""What is stored of an answer, in one plain sentence for each column, for each part of the sealed payload, each cookie.

The pages are generated from the tables themselves: a column without a sentence stops the page and fails a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from server import known_browsers
from server.deps import SESSION_COOKIE, SESSION_LASTS
from server.pages import LANGUAGE_COOKIE, OFFLINE_COOKIE
from server.respondents import AFTER_CLOSING, COOKIE
from server.routes import approving, holding, joining, signing
from server.routes.enrolling import COOKIE as FACTOR_COOKIE
from server.routes.enrolling import LASTS as FACTOR_LASTS
from server.routes.handing_in import RECEIPT
from server.routes.login import HALF_WAY, HALF_WAY_LASTS
from server.wording import N_
from surveys.answers import PERSONAL, POSITION
from surveys.database import metadata

RANDOM = N_("A random number.")
ROUND = N_("The round it belongs to.")
LOCATED = N_("A number made with a key that is not in the database: without that key nobody can tell whose it is.")

ANSWER_TABLES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "invitation": (
        N_("Who may answer"),
        {
            "id": RANDOM,
            "round_id": ROUND,
            "organization_id": N_("The organization the person answers for."),
            "person": N_("The name of the person."),
            "email": N_("The e-mail address of the person; empty for those who get a printed letter."),
            "language": N_("The language of the invitation."),
            "token_hash": N_(
                "A fingerprint by which the personal link is recognized; deleted when the round is opened."
            ),
            "gone": N_("Whether the person has left. Nothing here says whether somebody answered."),
        },
    ),
    "draft": (
        N_("Saved drafts, until they are handed in or the round is opened"),
        {
            "id": LOCATED,
            "round_id": ROUND,
            "box": N_("The sealed draft, as long as everybody's: yours locked with your link and your browser."),
        },
    ),
    "ballot": (
        N_("Answers handed in, sealed, until the round is opened"),
        {
            "id": LOCATED,
            "round_id": ROUND,
            "box": N_("The sealed answers, as long as everybody's."),
        },
    ),
    "outbox": (
        N_("Mails on their way: a row for everybody invited, whether or not they get the mail"),
        {
            "id": LOCATED,
            "mailing_id": N_("The mailing it belongs to."),
            "box": N_("Sealed: whose row it is. All are equally long, and all are deleted when the mailing is over."),
            "due_at": N_("When to look at the row, the same for everybody unless a mail server was in trouble."),
            "attempts": N_("How often a mail server was in trouble."),
            "handed_over": N_("Whether a mail was on its way when the service stopped."),
        },
    ),
    "delivery": (
        N_("Invitations that a mail server refused or returned"),
        {
            "invitation_id": N_("The invitation. Of reminders nothing is kept: it would tell who gets them."),
            "outcome": N_("Whether it was refused, returned, or nobody knows."),
            "code": N_("The number a mail server gave as the reason."),
        },
    ),
    "response": (
        N_("Answers without names, after the opening"),
        {
            "id": RANDOM,
            "round_id": ROUND,
            "construct": N_("The topic. Each topic has rows and an order of its own: no row is a whole questionnaire."),
            "answers": N_("What one person answered on this topic; no name, organization, side, language or time."),
        },
    ),
    "comment": (
        N_("Comments, after the opening, where enough people wrote"),
        {
            "id": RANDOM,
            "round_id": ROUND,
            "topic": N_("The topic its author chose."),
            "kind": N_("Which of the open questions it answers, or that it is a concern."),
            "text": N_("The comment as it was written."),
            "audience": N_("Who may read it, as its author chose."),
        },
    ),
    "carry_over": (
        N_("What the next round is compared with, sealed"),
        {
            "partnership_id": N_("The partnership it belongs to."),
            "round_id": N_("The round whose opening sealed it."),
            "box": N_("Means, head-counts and ratings by organization, never a person; sealed anew at every opening."),
        },
    ),
    "release": (
        N_("Published results"),
        {
            "id": RANDOM,
            "round_id": ROUND,
            "revision": N_("Which version of the results this is."),
            "body": N_("All that is ever shown of the round: protected results and comments."),
            "digest": N_("A fingerprint, so that a change is noticed."),
            "previous_digest": N_("The fingerprint of the results before."),
            "stored_at": N_("When they were stored."),
        },
    ),
    "release_main": (
        N_("The main numbers of published results, once more"),
        {
            "release_id": N_("The published results they are taken from."),
            "body": N_("Published levels and changes of the indices, copied so that long series are read quickly."),
        },
    ),
}
OTHER_TABLES = frozenset(
    (
        "account",
        "acknowledgement",
        "api_token",
        "account_link",
        "audit",
        "brief_comment",
        "brief_words",
        "cancellation",
        "charter",
        "charter_scan",
        "charter_signature",
        "commitment",
        "concern",
        "contact",
        "discussion",
        "dispute",
        "dispute_document",
        "dispute_note",
        "dispute_step",
        "fact_sheet",
        "instrument_version",
        "key_holder",
        "key_lock",
        "key_share",
        "lesson",
        "mail_text",
        "mailing",
        "meeting",
        "meeting_item",
        "list_approval",
        "login",
        "membership",
        "organization",
        "organization_change",
        "own_questionnaire",
        "partnership",
        "partnership_event",
        "party",
        "plain_mail",
        "register_entry",
        "recovery_code",
        "rehearsal",
        "reply",
        "reply_link",
        "round",
        "round_plan",
        "rule_reason",
        "seat",
    )
)  # nothing of an answer is in them

PERSONAL_PARTS = {
    "answers": N_("Your answers to the statements."),
    "importance": N_("How important you find each topic, where this was asked."),
    "background": N_("What you say about your role."),
    "dyads": N_("Your answers about single partners, where each person is asked for them."),
    "comments": N_("Your comments, each with its topic, who may read it, and whether it is a concern."),
    "organization": N_("Your organization."),
    "language": N_("The language of the page when you handed in."),
    "assisted": N_("Only if somebody typed your answers in from paper: that it was so."),
}
POSITION_PARTS = {
    "organization": N_("The organization."),
    "ratings": N_("What it answers about each partner."),
    "drafter": N_("The name of the person who drafted it."),
    "signer": N_("The name of the person who signed it."),
    "single_informant": N_("Whether one person alone answered for the organization."),
}
COOKIES = {
    COOKIE: (
        N_("Your link, locked: until you hand in or finish on this computer, at most {days} day after closing."),
        {"days": AFTER_CLOSING.days},
    ),
    RECEIPT: (N_("Your receipt, for an hour."), {}),
    signing.ENTRANCE.cookie: (
        N_("Only for those who sign a charter: their link, locked, for {minutes} minutes."),
        {"minutes": signing.ENTRANCE.minutes},
    ),
    holding.ENTRANCE.cookie: (
        N_("Only for key holders: their link, locked, for {minutes} minutes."),
        {"minutes": holding.ENTRANCE.minutes},
    ),
    OFFLINE_COOKIE: (
        N_(
            "Only if you asked to answer without a connection: that you did. Until you hand in or finish on this "
            "computer."
        ),
        {},
    ),
    LANGUAGE_COOKIE: (N_("The language of the pages, for a year."), {}),
    SESSION_COOKIE: (
        N_("Only for facilitators: who is logged in, for {hours} hours."),
        {"hours": int(SESSION_LASTS.total_seconds() // 3600)},
    ),
    known_browsers.COOKIE: (
        N_("Only for accounts: that this browser logged in before, locked, for {days} days."),
        {"days": known_browsers.LASTS.days},
    ),
    HALF_WAY: (
        N_("Only for accounts: the password was right, a code is still asked for, locked, for {minutes} minutes."),
        {"minutes": int(HALF_WAY_LASTS.total_seconds() // 60)},
    ),
    joining.ENTRANCE.cookie: (
        N_("Only for accounts: a link that works once, locked, for {minutes} minutes."),
        {"minutes": joining.ENTRANCE.minutes},
    ),
    approving.ENTRANCE.cookie: (
        N_("Only for those who approve a list: their link, locked, for {minutes} minutes."),
        {"minutes": approving.ENTRANCE.minutes},
    ),
    FACTOR_COOKIE: (
        N_("Only for accounts: a second factor that is being set up, locked, for {minutes} minutes."),
        {"minutes": int(FACTOR_LASTS.total_seconds() // 60)},
    ),
}


@dataclass(frozen=True, slots=True)
class Kept:
    """One thing that is stored: its name in the machine, and what it is in plain words."""

    name: str
    sentence: str


@dataclass(frozen=True, slots=True)
class KeptTable:
    name: str
    title: str
    columns: tuple[Kept, ...]


def stored_tables() -> tuple[KeptTable, ...]:
    """The tables with anything of an answer, column by column. KeyError where a column is unexplained."""
    return tuple(
        KeptTable(
            name, title, tuple(Kept(column.name, sentences[column.name]) for column in metadata.tables[name].columns)
        )
        for name, (title, sentences) in ANSWER_TABLES.items()
    )


def sealed_parts() -> tuple[Kept, ...]:
    """What lies in the box of a person: exactly the parts that the check before sealing lets through."""
    return tuple(Kept(name, sentence) for name, sentence in PERSONAL_PARTS.items() if name in PERSONAL)


def position_parts() -> tuple[Kept, ...]:
    return tuple(Kept(name, sentence) for name, sentence in POSITION_PARTS.items() if name in POSITION)
