"""The privacy notice, made of what the code does and what a round was set to; never written by hand.

Every statement has a code, under which tests/server/test_notices.py compares it with the code it speaks of. What no
test can hold true, because it is an admission, is listed there by its code as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlmodel import Session

from analysis.disclosure import MIN_ORGANIZATIONS, MIN_OTHERS, MIN_PEOPLE, MIN_PEOPLE_COMMENTS
from server.backup import KEPT
from server.estimation_dyads import FEWEST_RATERS
from server.settings import Settings
from server.wording import N_
from surveys import key_locks
from surveys.invitations import GRACE
from surveys.models import Partnership, Round
from surveys.rounds import EXTENSION, FEWEST_ORGANIZATIONS, FEWEST_PEOPLE, OPENING_AFTER

Values = Mapping[str, int]
LEVELS = {
    "A": N_("From positions, only means received by the national and by the external side are shown."),
    "B": N_(
        "From positions, each partner sees the mean it received from at least {raters} organizations, and in its own "
        "pairs who trusts more. The facilitator sees all positions."
    ),
    "C": N_("All positions are open to all partners."),
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What one round was set to, as far as it decides who can learn what. needed: codes of key holders, or none."""

    dyadic_mode: str
    disclosure_level: str
    pairing: bool
    needed: int = 0
    holders: int = 0


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of the notice, not yet translated, with the numbers it is filled with."""

    code: str
    text: str
    values: Values = field(default_factory=dict)


def terms_of(session: Session, partnership: Partnership, round_: Round) -> Terms:
    """The settings of a round as they are locked in it."""
    lock = key_locks.find_lock(session, round_.id)
    needed, holders = (lock.needed, len(key_locks.shares_of(session, lock.id))) if lock else (0, 0)
    is_full = round_.kind == "full"  # a pulse asks nothing about partners and is compared with nothing
    mode = round_.dyadic_mode if is_full else "none"
    return Terms(mode, round_.disclosure_level, partnership.pairing and is_full, needed, holders)


def keys_lie_beside_data(settings: Settings) -> bool:
    """Whether one copy of a folder takes the database or its backups together with the keys that open them."""
    data, address = {settings.var_dir.resolve()}, make_url(settings.database_url)
    if address.get_backend_name() == "sqlite" and address.database:
        data.add(Path(address.database).resolve().parent)
    return any(data & {one.resolve(), *one.resolve().parents} for one in settings.keystore)


def promises(settings: Settings, terms: Terms | None = None) -> Iterator[Statement]:
    """What is kept for everybody; with the terms of a round, also what was agreed for it."""
    yield from _while_open()
    if terms:
        yield from _opening(terms)
    yield from _results()
    if terms:
        yield from _agreed(terms)
    yield from _afterwards(settings)


def _while_open() -> Iterator[Statement]:
    yield Statement(
        "sealed",
        N_("Your answers are sealed when you hand them in, and opened after closing, all together in one job."),
    )
    yield Statement("unseen", N_("Nothing in the database says who has answered, and no page shows it."))
    yield Statement("traces", N_("The service writes down no time, address or browser of anybody who answers."))
    yield Statement(
        "accepted",
        N_(
            "Answers are taken until {minutes} minutes after closing time. Until then you can replace or withdraw them."
        ),
        {"minutes": _minutes(GRACE)},
    )
    yield Statement("unremovable", N_("After closing nobody can remove a single answer, because nobody can find it."))
    yield Statement(
        "small",
        N_(
            "With answers of fewer than {people} people or {organizations} organizations the round is extended once, "
            "by {days} days. If they are still too few, what people answered is destroyed and never shown."
        ),
        {"people": FEWEST_PEOPLE, "organizations": FEWEST_ORGANIZATIONS, "days": EXTENSION.days},
    )


def _opening(terms: Terms) -> Iterator[Statement]:
    if terms.needed:
        yield Statement(
            "opened_by_holders",
            N_(
                "The round is opened only with the codes of {needed} of {holders} key holders. If too many of them "
                "lose their codes, the answers are lost."
            ),
            {"needed": terms.needed, "holders": terms.holders},
        )
        return
    yield Statement(
        "opened_by_server",
        N_(
            "The server opens the round by itself, {hours} hours after closing time: it holds every key it needs. This "
            "is simpler than several key holders, and weaker."
        ),
        {"hours": _minutes(OPENING_AFTER) // 60},
    )


def _results() -> Iterator[Statement]:
    yield Statement(
        "floors",
        N_(
            "No result of what people answered is shown for fewer than {people} people or {organizations} "
            "organizations, or where fewer than {others} people are left without the largest organization."
        ),
        {"people": MIN_PEOPLE, "organizations": MIN_ORGANIZATIONS, "others": MIN_OTHERS},
    )
    yield Statement(
        "alike",
        N_("If everyone answers the same, everyone's answer would be known: then a range is shown, or nothing."),
    )
    yield Statement(
        "comments",
        N_(
            "Comments are shown only when at least {people} people of {organizations} organizations have written, "
            "shuffled and without names."
        ),
        {"people": MIN_PEOPLE_COMMENTS, "organizations": MIN_ORGANIZATIONS},
    )


def _agreed(terms: Terms) -> Iterator[Statement]:
    if terms.dyadic_mode == "positions":
        yield Statement("positions", N_("Answers in the part “position of your organization” are not anonymous."))
        values = {"raters": FEWEST_RATERS} if terms.disclosure_level == "B" else {}
        yield Statement(f"level_{terms.disclosure_level}", LEVELS[terms.disclosure_level], values)
    elif terms.dyadic_mode == "personal":
        yield Statement(
            "personal",
            N_(
                "What you say about a single partner is anonymous too: only the average a partner received is shown, "
                "where enough people answered."
            ),
        )
    if not terms.pairing:
        yield Statement(
            "unpaired", N_("Nothing about your organization is kept for comparing this round with the next.")
        )
    elif terms.needed:
        yield Statement(
            "paired_by_holders",
            N_(
                "Means of your organization are kept sealed for the next round; the codes of the key holders open them."
            ),
        )
    else:
        yield Statement(
            "paired_by_server",
            N_("Means of your organization are kept sealed for the next round. Whoever runs the server can read them."),
        )


def _afterwards(settings: Settings) -> Iterator[Statement]:
    yield Statement(
        "kept",
        N_(
            "After the opening your answers are stored without your name, organization and language, one row for each "
            "topic. They also help to check the questionnaire in other partnerships on this server."
        ),
    )
    yield Statement(
        "shredded",
        N_(
            "Then a backup is made and checked, and the keys of the round are destroyed. From then on nobody can open "
            "a sealed answer, and a court would find nothing to hand over."
        ),
    )
    yield Statement(
        "backups",
        N_("The last {backups} backups are kept. Those of an open round hold sealed answers, and no keys."),
        {"backups": KEPT},
    )
    if keys_lie_beside_data(settings):
        yield Statement(
            "keys_beside",
            N_(
                "On this server the keys lie beside the data: whoever copies both during the round can read the "
                "answers, unless key holders open the round."
            ),
        )
    else:
        yield Statement(
            "keys_apart",
            N_("The keys are kept apart from the database and its backups; places they are kept in: {places}."),
            {"places": len(settings.keystore)},
        )


def admissions() -> Iterator[Statement]:
    """What cannot be promised by any software, in plain words."""
    yield Statement(
        "active_operator",
        N_(
            "Whoever runs the server while you answer could change the software and see what you type. A saved draft "
            "can be opened with the server's keys."
        ),
    )
    yield Statement(
        "link_holder",
        N_(
            "Your mail system may see that you opened the link. Whoever holds your link could hand in answers in your "
            "name until closing."
        ),
    )
    yield Statement(
        "reminded",
        N_(
            "Reminders go by themselves to those who have not handed in, unless the round reminds everybody. Whoever "
            "runs the mail servers in between can see who is reminded; the facilitator sees a number only."
        ),
    )
    yield Statement(
        "links_shown",
        N_(
            "The facilitator can see the links in order to hand them out; that they were shown is recorded. A link "
            "tells its holder whether answers were handed in with it, and never what they are."
        ),
    )
    yield Statement(
        "typed_in", N_("If you answer on paper, whoever types your form in sees your answers and holds your link.")
    )
    yield Statement(
        "kept_on_device",
        N_(
            "If you ask your device to keep answers for times without a connection, whoever unlocks it while the page "
            "is open can read what waits."
        ),
    )
    yield Statement(
        "list_is_known", N_("Everybody invited knows which organizations are invited, and with how many people.")
    )
    yield Statement(
        "pooling",
        N_(
            "Organizations that pool their own answers can narrow down the rest: we protect against one, not against "
            "all others together."
        ),
    )
    yield Statement("style", N_("Your way of writing can give you away."))
    yield Statement("court", N_("A court order during the round could force whoever runs the server to cooperate."))
    yield Statement(
        "copied_keys",
        N_(
            "If somebody copied the keys before they were destroyed, sealed answers in an old backup can still be "
            "opened."
        ),
    )
    yield Statement("lost_keys", N_("If the keys are lost before the opening, the answers are lost with them."))
    yield Statement(
        "others_record", N_("The network, and a company that hosts the server, may keep records of their own.")
    )


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
