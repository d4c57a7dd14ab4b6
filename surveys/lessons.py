"""Lessons: what was tried, where, with what evidence, and who may use it; found again across partnerships."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, or_, select

from surveys.models import Lesson, Partnership, RegisterEntry
from surveys.models.charters import AUDIENCES
from surveys.problems import InvalidEntry, NotFound

LONGEST, LONGEST_TITLE = 4_000, 200


def create(
    session: Session,
    *,
    partnership_id: UUID,
    title: str,
    context: str,
    tried: str,
    evidence: str = "",
    audience: str = "partnership",
    source: str = "",
    learned_on: date,
) -> Lesson:
    """A new lesson. audience: "partnership" (its seats only) or "everybody" with a seat anywhere."""
    texts = {"title": title.strip(), "context": context.strip(), "tried": tried.strip(), "evidence": evidence.strip()}
    faults = {name: "empty" for name in ("title", "context", "tried") if not texts[name]}
    limits = {name: LONGEST_TITLE if name == "title" else LONGEST for name in texts}
    faults |= {name: "too_long" for name, text in texts.items() if len(text) > limits[name]}
    if audience not in AUDIENCES:
        faults["audience"] = "not_a_choice"
    if faults:
        raise InvalidEntry(f"a lesson: please look at {', '.join(faults)}; nothing was saved", faults=faults)
    made = Lesson(partnership_id=partnership_id, audience=audience, source=source, learned_on=learned_on, title="")
    for name, text in texts.items():
        setattr(made, name, text)
    session.add(made)
    session.flush()  # its id is the address of its page
    return made


def visible(session: Session, partnership_ids: Collection[UUID]) -> list[Lesson]:
    """Lessons that somebody with seats in these partnerships may read, the latest first."""
    if not partnership_ids:
        return []
    own = col(Lesson.partnership_id).in_(partnership_ids)
    query = select(Lesson).where(or_(own, col(Lesson.audience) == "everybody"))
    return sorted(session.exec(query).all(), key=lambda one: (one.learned_on, one.title, str(one.id)), reverse=True)


def search(session: Session, partnership_ids: Collection[UUID], words: str) -> list[Lesson]:
    """The visible lessons that hold every one of these words, anywhere; Khmer is matched without word breaks."""
    wanted = [word.casefold() for word in words.replace("\u200b", "").split()]
    return [one for one in visible(session, partnership_ids) if all(word in _text_of(one) for word in wanted)]


def _text_of(lesson: Lesson) -> str:
    parts = (lesson.title, lesson.context, lesson.tried, lesson.evidence, lesson.source)
    return "\n".join(parts).replace("\u200b", "").casefold()


def of_partnership(session: Session, partnership_id: UUID) -> list[Lesson]:
    return [one for one in visible(session, [partnership_id]) if one.partnership_id == partnership_id]


def get_lesson(session: Session, lesson_id: UUID, partnership_ids: Collection[UUID]) -> Lesson:
    """The lesson, for somebody who may read it; to all others it does not exist."""
    found = session.get(Lesson, lesson_id)
    if (
        found is None
        or not partnership_ids
        or (found.audience != "everybody" and found.partnership_id not in partnership_ids)
    ):
        raise NotFound("there is no such lesson")
    return found


def find_same(session: Session, partnership_id: UUID, texts: Mapping[str, str]) -> Lesson | None:
    """The lesson that says exactly this already."""
    wanted = {name: text.strip() for name, text in texts.items()}
    for one in of_partnership(session, partnership_id):
        if all(getattr(one, name) == text for name, text in wanted.items()):
            return one
    return None


def used_in(session: Session, lesson: Lesson, partnership_ids: Collection[UUID]) -> list[Partnership]:
    """The partnerships among these that took the lesson over, by title."""
    query = (
        select(Partnership, RegisterEntry)
        .join(RegisterEntry, col(RegisterEntry.partnership_id) == col(Partnership.id))
        .where(RegisterEntry.register_code == "replications", col(RegisterEntry.is_withdrawn).is_(False))
        .where(col(Partnership.id).in_(partnership_ids))
    )
    found = {one.id: one for one, entry in session.exec(query) if entry.body.get("lesson") == str(lesson.id)}
    return sorted(found.values(), key=lambda one: one.title)
