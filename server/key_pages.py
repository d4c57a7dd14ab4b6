"""What the pages about key holders say: mistakes in a code, who opens a round, what is waited for."""

from __future__ import annotations

from sqlmodel import Session, col, select

from server.languages import translator
from surveys import key_holders, key_locks
from surveys.models import KeyHolder, KeyShare, Partnership, Round
from surveys.problems import CodeMistyped, SurveyProblem


def mistake_words(problem: SurveyProblem, language: str) -> str:
    """What is wrong with a typed code, and where to look."""
    plural, _ = translator(language).ngettext, translator(language).gettext
    if not isinstance(problem, CodeMistyped):
        return _("This is a code, but not the one asked for here. Is there a newer or an older sheet?")
    groups = problem.details["groups"]
    if not groups:
        return _("A code has ten groups of five digits. Please count the groups: one may be missing or doubled.")
    said = plural(
        "Group {groups} does not fit. Please compare it with your sheet.",
        "Groups {groups} do not fit. Please compare them with your sheet.",
        len(groups),
    )
    return said.format(groups=", ".join(str(one) for one in groups))


def opened_by_words(session: Session, round_: Round, language: str) -> str:
    """Who opens this round: fixed when it began, before that as the partnership has it now."""
    _ = translator(language).gettext
    lock = key_locks.find_lock(session, round_.id)
    if lock is not None:
        query = select(KeyHolder.person).join(KeyShare, col(KeyShare.holder_id) == col(KeyHolder.id))
        names = session.exec(query.where(KeyShare.lock_id == lock.id).order_by(col(KeyShare.place))).all()
        return _several(lock.needed, list(names), language)
    partnership = session.get_one(Partnership, round_.partnership_id)
    if round_.state != "prepared" or not partnership.keys_needed:
        return _("the server by itself, two hours after closing")
    present = [one.person for one in key_holders.of_partnership(session, partnership.id)]
    return _several(partnership.keys_needed, present, language)


def _several(needed: int, names: list[str], language: str) -> str:
    said = translator(language).gettext("the codes of {needed} of {count} key holders: {names}")
    return said.format(needed=needed, count=len(names), names="; ".join(names))
