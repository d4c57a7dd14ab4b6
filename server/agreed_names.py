"""The names that entries of one partnership refer to, in the reader's language."""

from __future__ import annotations

from sqlmodel import Session

from server.dossiers import organizations_by_id
from server.entry_forms import Names
from surveys import lessons, partnerships
from surveys.models import Organization, Partnership
from surveys.principles import name_in


def names_of(session: Session, partnership: Partnership, language: str) -> Names:
    """Everybody who is or was a partner, and the lessons its partners may read; national partners first."""
    found = sorted(
        organizations_by_id(session, partnership.id).values(), key=lambda one: (not one.is_national, one.name)
    )
    return Names(
        partners={str(one.id): name_in(one, language) for one in found},
        sides={str(one.id): one.is_national for one in found},
        lessons={str(one.id): one.title for one in lessons.visible(session, [partnership.id])},
        others={str(one.id): one.title for one in partnerships.below(session, partnership.id)},
    )


def names_for(organizations: list[Organization], language: str) -> Names:
    return Names(
        partners={str(one.id): name_in(one, language) for one in organizations},
        sides={str(one.id): one.is_national for one in organizations},
    )
