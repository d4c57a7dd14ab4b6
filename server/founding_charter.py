"""The charter of a new partnership from its file: a draft, checked like the one that is written on the pages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from sqlmodel import Session

from surveys import charter_versions, partnerships, registers
from surveys.descriptions import Description
from surveys.models import Partnership
from surveys.problems import InvalidInput, SurveyProblem


def write_draft(session: Session, partnership: Partnership, given: Mapping[str, Any], *, today: date) -> None:
    """[charter.vision] and its like, and [[charter.results]] and its like; partners stand there by their names."""
    ids = {one.name: str(one.id) for _, one in partnerships.members_on(session, partnership.id, today)}
    draft = charter_versions.begin_draft(session, partnership)
    for code, written in given.items():
        description = charter_versions.sections().get(code)
        if description is None or isinstance(written, list) != description.is_list:
            known = ", ".join(charter_versions.sections())
            raise InvalidInput(f"there is no [charter.{code}] of this form; there are {known}; nothing was created")
        try:
            if isinstance(written, list):
                for entry in written:
                    charter_versions.write_entry(
                        session, draft, code, None, _with_ids(description, entry, ids), today=today
                    )
            else:
                values = _with_ids(description, {**draft.body.get(code, {}), **written}, ids)
                charter_versions.write_section(session, draft, code, values, today=today)
        except SurveyProblem as problem:
            raise InvalidInput(f"[charter.{code}]: {problem.message}; nothing was created") from problem


def _with_ids(description: Description, entry: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    """Names of partners turned into what entries keep; a name that is not one of them is refused by the check."""
    partners = {one.code for one in description.fields if one.kind in ("partner", "partners")}
    return {
        code: ([ids.get(one, one) for one in value] if isinstance(value, list) else ids.get(str(value), value))
        if code in partners
        else value
        for code, value in entry.items()
    }


def enter_contributions(session: Session, partnership: Partnership, given: Mapping[str, str], *, today: date) -> None:
    """What each member brings, as `contributes = "…"` beside its name."""
    now = datetime.combine(today, time(), UTC)
    members = {one.name: str(one.id) for _, one in partnerships.members_on(session, partnership.id, today)}
    for name, what in given.items():
        line = {"partner": members[name], "kind": "in_kind", "what": what}
        registers.enter(session, partnership, "contributions", line, now=now)
