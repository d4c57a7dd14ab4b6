"""What is said in public about concerns that came through rounds without names."""

from __future__ import annotations

from sqlmodel import Session

from server.dossiers import Dossier
from server.languages import format_day
from surveys import concerns


def acknowledged_lines(session: Session, dossier: Dossier) -> tuple[tuple[str, str, str], ...]:
    """Round, text and day, the latest round first."""
    wording = dossier.wording
    return tuple(
        (wording.label(round_.label), one.text, format_day(one.written_at.date(), wording.language))
        for round_, one in concerns.acknowledgements(session, dossier.partnership.id)
    )
