"""Questions for the table as pages show them: the finding behind each, replies, and what was promised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from server.brief_blocks import Table
from server.cited import Cited, cited, since_table
from server.languages import format_day
from server.pages import Words
from server.places import Place
from server.promise_words import status_words
from server.promises import PromiseLine, promise_lines
from server.sheets import name_of
from surveys import commitments, discussions, replies
from surveys.models import Commitment, Discussion


@dataclass(frozen=True, slots=True)
class ReplyLine:
    organization: Words
    author: str
    text: str
    day: str


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """One question in the list."""

    address: str
    question: str
    about: str
    state: str
    is_open: bool
    conclusion: str
    n_replies: int
    promises: tuple[PromiseLine, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """One question with everything that belongs on the table."""

    address: str
    question: str
    status: str
    state: str
    conclusion: str
    finding: Cited
    since: Table
    replies: tuple[ReplyLine, ...]
    promises: tuple[PromiseLine, ...]


def question_lines(place: Place) -> tuple[QuestionLine, ...]:
    """Open ones first, in the facilitator's order; then the others, the latest first."""
    entries = discussions.of_partnership(place.session, place.partnership.id)
    made = commitments.of_partnership(place.session, place.partnership.id) if entries else []
    still_open = discussions.in_order(one for one in entries if one.status == discussions.OPEN)
    settled = [one for one in entries if one.status != discussions.OPEN]
    return tuple(_line(one, place, made) for one in (*still_open, *settled))


def _line(entry: Discussion, place: Place, made: Sequence[Commitment]) -> QuestionLine:
    return QuestionLine(
        address=f"{place.address}/discussion/{entry.id}",
        question=entry.question,
        about=place.dossier.wording.target(entry.target),
        state=status_words(place._)[entry.status],
        is_open=entry.status == discussions.OPEN,
        conclusion=entry.conclusion,
        n_replies=len(replies.of_entry(place.session, entry.id)),
        promises=promise_lines([one for one in made if one.discussion_id == entry.id], place),
    )


def question_of(entry: Discussion, place: Place) -> Question:
    finding = cited(
        place.session, place.dossier, entry.round_id, entry.release_digest, entry.release_revision, entry.target
    )
    made = [
        one for one in commitments.of_partnership(place.session, place.partnership.id) if one.discussion_id == entry.id
    ]
    return Question(
        address=f"{place.address}/discussion/{entry.id}",
        question=entry.question,
        status=entry.status,
        state=status_words(place._)[entry.status],
        conclusion=entry.conclusion,
        finding=finding,
        since=since_table(place.dossier, entry.target, finding.number),
        replies=reply_lines(entry, place),
        promises=promise_lines(made, place),
    )


def reply_lines(entry: Discussion, place: Place) -> tuple[ReplyLine, ...]:
    names = place.organizations()
    return tuple(
        ReplyLine(
            name_of(names[one.organization_id], place.language),
            one.author,
            one.text,
            format_day(one.written_at.date(), place.language),
        )
        for one in replies.of_entry(place.session, entry.id)
    )
