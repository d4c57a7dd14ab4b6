"""What happens next in a round and when, in sentences; it stands on the round's page at all times."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session

from server.languages import format_day, translator
from server.pages import format_moment
from server.scheduling import next_closing
from surveys import key_locks, mailings, musts, rounds
from surveys.invitations import GRACE
from surveys.models import Partnership, Round
from surveys.rounds import OPENING_AFTER
from surveys.standing import look

SOON = timedelta(minutes=2)  # the clock looks once a minute


def next_steps(
    session: Session, partnership: Partnership, round_: Round, now: datetime, language: str
) -> tuple[str, ...]:
    """The steps still to come, in their order, each with its time where it has one."""
    teller = _Teller(session, partnership, round_, now, language)
    match round_.state:
        case "prepared":
            return (*teller.before_start(), *teller.mails(), *teller.closing())
        case "open":
            return (*teller.mails(), *teller.closing())
        case "closed":
            return (*teller.opening(), teller.results())
        case _:
            return (*teller.mails(), *teller.next_round())


class _Teller:
    def __init__(self, session: Session, partnership: Partnership, round_: Round, now: datetime, language: str) -> None:
        self.session, self.partnership, self.round_, self.now = session, partnership, round_, now
        self.language, self._ = language, translator(language).gettext

    def at(self, moment: datetime) -> str:
        return format_moment(moment, self.partnership.time_zone, self.language)

    def before_start(self) -> tuple[str, ...]:
        _ = self._
        day = self.round_.opens_at.date()
        if against := musts.broken(look(self.session, self.partnership, day), "round"):
            why = " ".join(one.sentence(self.language) for one in against)
            return (_("It cannot begin yet, whatever its date: {why}").format(why=why),)
        if self.round_.approved_by:
            said = _("The round begins by itself on {moment}: the list is frozen and keys are made.")
        else:
            said = _("Once the list is approved by a second person, the round begins by itself on {moment}.")
        return (said.format(moment=self.at(self.round_.opens_at)),)

    def mails(self) -> tuple[str, ...]:
        """Planned mailings; before the start those that would be planned now."""
        _ = self._
        if self.round_.state == "prepared":
            plan = mailings.plan_of(self.session, self.round_)
            if not plan.by_mail:
                return (_("Invitations are handed out on paper."),)
            times = mailings.reminder_times(self.round_, plan, after=self.round_.opens_at)
            coming = [("invitation", self.round_.opens_at), *(("reminder", one) for one in times)]
        else:
            planned = mailings.of_round(self.session, self.round_)
            waits = self.partnership.is_demonstration  # nothing is sent there: what is past is past
            coming = [(one.kind, one.due_at) for one in planned if one.sent is None]
            coming = [(kind, due_at) for kind, due_at in coming if not waits or due_at > self.now]
        return tuple(self._mail(kind, due_at) for kind, due_at in coming)

    def _mail(self, kind: str, due_at: datetime) -> str:
        _ = self._
        moment = _("within a few minutes") if due_at <= self.now + SOON else self.at(due_at)
        said = {
            "invitation": _("Invitations are sent: {moment}."),
            "again": _("The invitation is sent again to one person: {moment}."),
            "reminder": _("A reminder is sent: {moment}."),
            "extension": _("Everybody is told of the new closing time: {moment}."),
            "not_opened": _("Everybody is told that the round was not opened: {moment}."),
            "cancelled": _("Everybody is told that the round was cancelled: {moment}."),
            "results": _("Everybody invited gets the results: {moment}."),
            "agreed": _("Everybody invited gets what was agreed: {moment}."),
        }[kind]
        return said.format(moment=moment)

    def closing(self) -> tuple[str, ...]:
        _ = self._
        closes_at = self.round_.closes_at
        said = _("The round closes on {moment}; whoever is writing then has another {minutes} minutes.")
        closing = said.format(moment=self.at(closes_at), minutes=int(GRACE.total_seconds() // 60))
        return (closing, *self.opening(), self.results())

    def opening(self) -> tuple[str, ...]:
        _ = self._
        moment = self.at(self.round_.closes_at + OPENING_AFTER)
        if (self.partnership.keys_needed and self.round_.kind == "full") or key_locks.find_lock(
            self.session, self.round_.id
        ):
            return (_("The key holders open the box with their codes from {moment}.").format(moment=moment),)
        return (_("The box is opened by itself on {moment}.").format(moment=moment),)

    def results(self) -> str:
        return self._("After the opening everybody invited gets the results, and later what was agreed.")

    def next_round(self) -> tuple[str, ...]:
        full = [one for one in rounds.of_partnership(self.session, self.partnership.id) if one.kind == "full"]
        latest = full[-1] if full else self.round_
        if latest.id != self.round_.id or self.partnership.phase in ("imported", "closed"):
            return ()
        day = next_closing(self.partnership, self.round_, self.now).astimezone(ZoneInfo(self.partnership.time_zone))
        said = self._("The rhythm of the series proposes the next round to close on {day}.")
        return (said.format(day=format_day(day.date(), self.language)),)
