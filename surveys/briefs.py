"""The brief on its way to the table: the facilitator's words, each partner's comment, and then nothing moves any more.

draft: only the facilitator reads it. shared: partners read it and each may comment until a day. released: everybody
with a seat reads it, with the comments, as it was then.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from surveys.models import BriefComment, BriefWords, Seat
from surveys.problems import InvalidInput
from surveys.texts import LONGEST_LINE, checked

DRAFT, SHARED, RELEASED = "draft", "shared", "released"
LONGEST_COMMENT, LONGEST_INTRODUCTION, MOST_RULES = 1_500, 2_000, 12
SHORTEST_REPLY = timedelta(days=1)


def find_words(session: Session, round_id: UUID, *, to_change: bool = False) -> BriefWords | None:
    return session.get(BriefWords, round_id, with_for_update=to_change or None)


def words_of(session: Session, round_id: UUID, *, now: datetime) -> BriefWords:
    """The words around this brief, to be changed: empty ones where nobody has written any."""
    found = find_words(session, round_id, to_change=True)
    if found is None:
        found = BriefWords(round_id=round_id, changed_at=now)
        session.add(found)
    return found


def write(words: BriefWords, *, language: str, introduction: str, ground_rules: str, now: datetime) -> None:
    """The facilitator's own words in one language; an empty text means the standard ones. Released words stay."""
    if words.state == RELEASED:
        raise InvalidInput("the brief was released: its words stay as they are")
    rules = rules_of(ground_rules)
    if len(rules) > MOST_RULES or any(len(rule) > LONGEST_LINE for rule in rules):
        raise InvalidInput(f"at most {MOST_RULES} ground rules of {LONGEST_LINE} characters fit")
    clean = checked(introduction, "introduction", limit=LONGEST_INTRODUCTION)
    words.introduction = _with(words.introduction, language, clean)
    words.ground_rules = _with(words.ground_rules, language, "\n".join(rules))
    words.changed_at = now


def rules_of(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _with(texts: Mapping[str, Any], language: str, text: str) -> dict[str, Any]:
    kept = {code: one for code, one in texts.items() if code != language}
    return {**kept, language: text} if text else kept


def share(words: BriefWords, *, until: date, now: datetime) -> None:
    """Let the partners read the draft, and comment up to and including this day."""
    if words.state != DRAFT:
        raise InvalidInput("the brief was shared already")
    if until < (now + SHORTEST_REPLY).date():
        raise InvalidInput("partners need at least a day to comment")
    words.state, words.reply_until, words.changed_at = SHARED, until, now


def comment(
    session: Session, words: BriefWords, organization_id: UUID, *, author: str, text: str, language: str, now: datetime
) -> BriefComment | None:
    """This partner's comment, in place of an earlier one; an empty one takes it back."""
    if not is_open_for_comments(words, now):
        raise InvalidInput("this brief takes no comments: it is not shared, or its time to comment is over")
    clean, found = (
        checked(text, "comment", limit=LONGEST_COMMENT),
        find_comment(session, words.round_id, organization_id),
    )
    if not clean:
        if found is not None:
            session.delete(found)
        return None
    if found is None:
        found = BriefComment(
            round_id=words.round_id, organization_id=organization_id, author="", text="", language="", changed_at=now
        )
        session.add(found)
    found.author, found.text, found.language = checked(author, "name", limit=LONGEST_LINE), clean, language
    found.changed_at = now
    return found


def is_open_for_comments(words: BriefWords | None, now: datetime) -> bool:
    return (
        words is not None
        and words.state == SHARED
        and words.reply_until is not None
        and now.date() <= words.reply_until
    )


def find_comment(session: Session, round_id: UUID, organization_id: UUID) -> BriefComment | None:
    query = select(BriefComment).where(
        BriefComment.round_id == round_id, BriefComment.organization_id == organization_id
    )
    return session.exec(query).first()


def comments_of(session: Session, round_id: UUID) -> list[BriefComment]:
    return list(session.exec(select(BriefComment).where(BriefComment.round_id == round_id)).all())


def may_be_released(session: Session, words: BriefWords, partnership_id: UUID, now: datetime) -> bool:
    """Once the time to comment is over, or every partner with a representative has commented."""
    if words.state != SHARED:
        return False
    if not is_open_for_comments(words, now):
        return True
    query = select(Seat.organization_id).where(
        Seat.partnership_id == partnership_id, col(Seat.organization_id).is_not(None)
    )
    represented = set(session.exec(query).all())
    return bool(represented) and represented <= {one.organization_id for one in comments_of(session, words.round_id)}


def release(words: BriefWords, frozen: Mapping[str, Any], *, now: datetime) -> None:
    """Everybody reads it from now on, as it is now. frozen: by language, what is said around the numbers."""
    if words.state != SHARED:
        raise InvalidInput("a brief is released once, after the partners could comment")
    words.state, words.frozen, words.changed_at = RELEASED, dict(frozen), now
