"""Commitments as pages show them, and the figures about how they are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from analysis.facts import median_days_overdue, share_of_count
from server.languages import format_day
from server.pages import Words
from server.places import Place
from server.promise_words import status_words
from server.sheets import name_of
from server.since import since_words
from server.wording import Wording
from surveys import commitments, discussions, dispute_parties, disputes
from surveys.commitments import Closure, is_overdue
from surveys.models import Commitment, Organization


@dataclass(frozen=True, slots=True)
class PromiseLine:
    """One commitment in a list."""

    address: str
    what: str
    owner: Words
    to: Words
    due: str
    status: str
    state: str  # the words for it
    is_overdue: bool
    since: str
    evidence: str


def promise_line(one: Commitment, place: Place, names: Mapping[UUID, Organization]) -> PromiseLine:
    wording, language, _ = place.dossier.wording, place.language, place._
    everybody = Words(_("all partners"), language)
    return PromiseLine(
        address=f"{place.address}/commitments/{one.id}",
        what=one.what,
        owner=name_of(names[one.owner_organization_id], language),
        to=name_of(names[one.to_organization_id], language) if one.to_organization_id else everybody,
        due=format_day(one.due_on, language) if one.due_on else "",
        status=one.status,
        state=status_words(_)[one.status],
        is_overdue=is_overdue(one, place.today),
        since=since_words(place.dossier.series, one.target, one.agreed_on, wording) if one.target else "",
        evidence=one.evidence,
    )


def promise_lines(several: Sequence[Commitment], place: Place) -> tuple[PromiseLine, ...]:
    names = place.organizations() if several else {}
    return tuple(promise_line(one, place, names) for one in several)


def readable(place: Place) -> list[Commitment]:
    """The commitments this account may read: those of a dispute only within it, unless the parties opened them."""
    return [one for one in commitments.of_partnership(place.session, place.partnership.id) if may_read(place, one)]


def may_read(place: Place, one: Commitment) -> bool:
    if one.is_open_to_all or one.dispute_id is None:
        return True
    dispute = disputes.get(place.session, one.dispute_id, place.partnership.id)
    return dispute_parties.role_in(place.session, dispute, place.seat) is not None


def figures(place: Place, several: Sequence[Commitment]) -> tuple[tuple[str, str], ...]:
    """Formula 50: action closure, days overdue, questions with an owner and a date."""
    entries = discussions.of_partnership(place.session, place.partnership.id)
    counted, wording = commitments.closure(several, entries, place.today), place.dossier.wording
    return closure_words(counted, wording)


def closure_words(counted: Closure, wording: Wording) -> tuple[tuple[str, str], ...]:
    _ = wording._
    late = median_days_overdue(np.array(counted.days_overdue, dtype=np.float64))
    days = (
        _("none")
        if late.n in (None, 0)
        else _("{days} days (median of {count})").format(days=round(late.value), count=late.n)
    )
    return (
        (_("Done and verified, of those due"), share_words(counted.n_verified, counted.n_due, wording)),
        (_("Done, of those due"), share_words(counted.n_done, counted.n_due, wording)),
        (_("Past their date"), days),
        (_("Questions with an owner and a date"), share_words(counted.n_items_owned, counted.n_items, wording)),
    )


def share_words(part: int, whole: int, wording: Wording) -> str:
    """A count of a count, with its interval: a handful of cases proves little."""
    _ = wording._
    if whole == 0:
        return _("none yet")
    share = share_of_count(part, whole)
    interval = _("{low} to {high} %").format(low=round(100 * share.low), high=round(100 * share.high))
    return _("{part} of {whole} ({interval})").format(part=part, whole=whole, interval=interval)
