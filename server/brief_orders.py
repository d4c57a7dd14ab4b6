"""A brief somebody asked for: which round, in which language, what people say around it, and who may read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from server import brief_pdf, drawings
from server.brief_blocks import Agreement, Brief, Quote, Said
from server.briefing import assemble
from server.dossiers import Dossier, agreements_before, organizations_by_id
from server.drawings import Subject
from server.languages import LANGUAGES
from server.pages import environment, words_in
from server.sheets import name_of
from surveys import briefs, discussions, replies
from surveys.models import BriefWords, Round, Seat


@dataclass(frozen=True, slots=True)
class Ordered:
    """Everything a brief is made of; equal orders give equal bytes."""

    subject: Subject
    title: str
    agreements: tuple[Agreement, ...]
    notices: tuple[str, ...]
    said: Said

    def body(self) -> str:
        return _body(self)

    def pdf(self) -> bytes:
        return _pdf(self)


def order(session: Session, whole: Dossier, round_: Round, words: BriefWords | None) -> Ordered:
    """The brief is for the table: it holds what everybody may see, whoever prints it."""
    dossier = whole.at(round_.number).for_everybody()
    language, last = dossier.wording.language, dossier.series[-1]
    title = (dossier.partnership.titles or {}).get(language) or last.partnership
    made = Ordered(drawings.subject_of(dossier), title, (), notices_of(dossier), Said())
    if words is not None and words.state == briefs.RELEASED:
        return _thawed(made, words.frozen.get(language) or words.frozen["en"])  # a language added since
    return replace(
        made,
        agreements=agreements_before(session, dossier, round_.number),
        said=_said(session, dossier, round_, words),
    )


def notices_of(dossier: Dossier) -> tuple[str, ...]:
    """What must be read before everything else."""
    _, notices = dossier.wording._, list(dossier.series[-1].annotations)
    if dossier.partnership.is_demonstration:
        notices.insert(0, _("Demonstration: people and answers are invented"))
    if dossier.partnership.phase == "imported":
        notices.insert(0, _("Imported history: asked and collected outside Rapport"))
    return tuple(notices)


def _said(session: Session, dossier: Dossier, round_: Round, words: BriefWords | None) -> Said:
    language = dossier.wording.language
    names = {
        key: name_of(one, language).text for key, one in organizations_by_id(session, round_.partnership_id).items()
    }
    introduction = words_in(words.introduction if words else {}, language)
    rules = words_in(words.ground_rules if words else {}, language)
    comments = [
        Quote(names[one.organization_id], one.text, one.language) for one in briefs.comments_of(session, round_.id)
    ]
    return Said(
        introduction=introduction.text,
        ground_rules=tuple(briefs.rules_of(rules.text)),
        comments=tuple(sorted(comments, key=lambda one: (one.who.casefold(), one.text))),
        replies=tuple(_replies(session, round_, names)),
        language=introduction.language,
        rules_language=rules.language,
    )


def _replies(session: Session, round_: Round, names: Mapping[UUID, str]) -> list[Quote]:
    """What partners replied to questions taken up from this round."""
    entries = [one for one in discussions.of_partnership(session, round_.partnership_id) if one.round_id == round_.id]
    found = [
        Quote(names[one.organization_id], one.text, about=entry.target)
        for entry in entries
        for one in replies.of_entry(session, entry.id)
    ]
    return sorted(found, key=lambda one: (one.about, one.who.casefold(), one.text))


def frozen(session: Session, whole: Dossier, round_: Round, words: BriefWords) -> dict[str, Any]:
    """By language, all that could still change around the numbers."""
    found = {}
    for language in LANGUAGES:
        made = order(session, whole.at(round_.number, language), round_, words)
        agreements = [asdict(one) | {"due_on": one.due_on and one.due_on.isoformat()} for one in made.agreements]
        found[language] = {"title": made.title, "agreements": agreements, "said": asdict(made.said)}
    return found


def _thawed(made: Ordered, body: Mapping[str, Any]) -> Ordered:
    said = dict(body["said"])
    for name in ("comments", "replies"):
        said[name] = tuple(Quote(**one) for one in said[name])
    said["ground_rules"] = tuple(said["ground_rules"])
    agreements = tuple(
        Agreement(**{**one, "due_on": date.fromisoformat(one["due_on"]) if one["due_on"] else None})
        for one in body["agreements"]
    )
    return replace(made, title=body["title"], agreements=agreements, said=Said(**said))


def may_read(seat: Seat, words: BriefWords | None) -> bool:
    """The facilitator always; representatives from sharing on, so that they can comment; everybody once released."""
    if seat.role == "facilitator":
        return True
    state = words.state if words else briefs.DRAFT
    return state == briefs.RELEASED or (state == briefs.SHARED and seat.role == "representative")


def readable_rounds(session: Session, seat: Seat) -> set[int]:
    """Numbers of the rounds of whose brief, where there is one, this seat may read."""
    query = select(Round.number, BriefWords).outerjoin(BriefWords).where(Round.partnership_id == seat.partnership_id)
    return {number for number, words in session.exec(query) if may_read(seat, words)}


@lru_cache(maxsize=64)  # a brief is read by everybody at the table within minutes
def _body(ordered: Ordered) -> str:
    brief = _assembled(ordered)
    return environment(brief.language).get_template("brief/_body.html").render(brief=brief)


@lru_cache(maxsize=32)  # the same
def _pdf(ordered: Ordered) -> bytes:
    return brief_pdf.to_pdf(_assembled(ordered))


def _assembled(ordered: Ordered) -> Brief:
    """A release knows one name of the partnership; people know it in their language."""
    subject = ordered.subject
    brief = assemble(
        subject.series,
        subject.wording.instrument,
        language=subject.wording.language,
        agreements=ordered.agreements,
        notices=ordered.notices,
        said=ordered.said,
    )
    return replace(brief, title=ordered.title)
