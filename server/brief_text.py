"""The brief that everybody may read as plain text for a mail, and agreements in words. From stored releases only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlmodel import Session

from server.brief_blocks import Agreement, Block, Bullets, Drawing, OpenQuestion, Paragraph, Quotes, Table
from server.briefing import assemble
from server.dossiers import agreements_before, as_agreement, organizations_by_id, read_dossiers, with_pulses
from server.languages import format_day, translator
from surveys import discussions
from surveys.models import Commitment, Partnership, Round


def brief_text(session: Session, round_: Round, language: str) -> str:
    """The brief as it is meant for everybody, without what only a facilitator or one partner may see."""
    partnership = session.get_one(Partnership, round_.partnership_id)
    (whole,) = read_dossiers(session, [partnership], language, {partnership.id: "all"})
    if round_.kind == "pulse":
        whole = with_pulses(session, whole)
    dossier = whole.at(round_.number).for_everybody()
    brief = assemble(
        dossier.series,
        dossier.wording.instrument,
        language=language,
        agreements=agreements_before(session, dossier, round_.number),
        notices=dossier.series[-1].annotations,
    )
    lines = [brief.subtitle, *brief.notices]
    for section in brief.sections:
        lines += ["", section.heading.upper() if language != "km" else f"== {section.heading} ==", ""]
        for block in section.blocks:
            lines += [*_lines(block), ""]
    return "\n".join([*lines, brief.footer]).strip()


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Paragraph():
            yield block.text
        case Bullets():
            yield from (f"- {line}" for line in block.lines)
        case Drawing():
            yield f"{block.picture.title}. {block.picture.sentence}"
        case OpenQuestion():
            yield f"{block.number}. {block.question}"
            yield from (f"   {who}: {view}" for who, view in block.views)
            yield from (f"   - {line}" for line in block.evidence)
            yield from (f"   {one.who}: {one.text}" for one in block.replies)
        case Quotes():
            yield from (f"{one.who}: {one.text}" for one in block.lines)
        case Table():
            yield f"{block.caption}:"
            for row in block.rows:
                named = zip(block.header[1:], row[1:], strict=True)
                yield f"- {row[0]}: " + "; ".join(f"{name} {value}" for name, value in named if value)


def agreements_text(session: Session, round_: Round, made: Sequence[UUID], language: str) -> str:
    """What was agreed, one paragraph for each commitment."""
    owners = organizations_by_id(session, round_.partnership_id)
    entries = {one.id: one for one in discussions.of_partnership(session, round_.partnership_id)}
    found = [one for one in (session.get(Commitment, id_) for id_ in made) if one and one.discussion_id in entries]
    agreed = [as_agreement(entries[one.discussion_id], one, owners, language) for one in found if one.discussion_id]
    return "\n\n".join(_agreement(number, one, language) for number, one in enumerate(agreed, start=1))


def _agreement(number: int, agreement: Agreement, language: str) -> str:
    _ = translator(language).gettext
    lines = [f"{number}. {agreement.question}", f"   {agreement.action}"]
    if agreement.owner and agreement.due_on:
        said = _("{owner}, until {day}").format(owner=agreement.owner, day=format_day(agreement.due_on, language))
        lines.append(f"   {said}")
    return "\n".join(lines)
