"""Facts beside the perceptions they belong to: what was counted, and how people answered the statements about it."""

from __future__ import annotations

from sqlmodel import Session

from server.brief_blocks import Table
from server.dossiers import Dossier
from server.principle_pages import ratio_words
from surveys import facts, rounds
from surveys.facts import Fact
from surveys.instruments import text_in


def facts_beside(session: Session, dossier: Dossier) -> Table | None:
    """Of the last round of the dossier; None where nothing was counted for it."""
    number, wording = dossier.series[-1].round_number, dossier.wording
    found = facts.of_round(session, rounds.get_round(session, dossier.partnership.id, number).id)
    if not found:
        return None
    rows = tuple(
        (
            text_in(one.title, wording.language),
            ratio_words(one, wording.language),
            _perceptions(one, dossier),
            one.source,
            one.doubts,
        )
        for one in found
    )
    _ = wording._
    header = (_("Fact"), _("As counted"), _("As perceived (points)"), _("Source"), _("Doubts"))
    return Table(_("Facts beside the perceptions"), header, rows)


def _perceptions(one: Fact, dossier: Dossier) -> str:
    """The statements this fact stands beside, each with its level of this round."""
    last, wording = dossier.series[-1], dossier.wording
    known = {item.code for item in wording.instrument.items}
    return "; ".join(
        f"“{wording.target(f'item:{code}')}” {wording.full_level(last.find('level', f'item:{code}'))}"
        for code in one.items
        if code in known
    )
