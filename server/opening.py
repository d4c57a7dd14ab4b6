"""The one job that sees answers beside organizations: unseal, estimate, protect, release; then shred.

`open_round` commits once: before that nothing changed, after it the answers are gone and the release stands. Keys are
destroyed by `shred`, and only after a backup was restored and verified. Whatever crashes, the next run goes on.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from importlib.metadata import version
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from analysis.disclosure import comments_may_be_shown
from server.carry_over import read_box, write_box
from server.crash_points import Reached, unnoticed
from server.estimation import estimate
from server.measurement import EarlierRound, RoundAnswers, remembered
from server.opening_checks import check_counts, check_levels
from server.payloads import answers_of_round
from server.programme import programme_of
from server.releasing import Heading, Protected, release_of, unopened_release
from surveys import audit, ballots, commitments, frozen, key_locks, mailings, releases, rounds
from surveys.database import transaction
from surveys.instruments import Instrument
from surveys.key_locks import Unlocked
from surveys.keystore import Keystore
from surveys.models import CommentRow, Membership, Organization, Partnership, Response, Round
from surveys.partnerships import partner_of
from surveys.problems import OpeningFailed
from surveys.releases import Comment, Partner, Release

DAYS_PER_MONTH = 30.44


@dataclass(frozen=True)
class _Opened:
    """A round in memory, between the sealed box and its release."""

    round_: Round
    partnership: Partnership
    instrument: Instrument
    partners: tuple[Partner, ...]
    box: ballots.Unsealed
    earlier: list[EarlierRound]
    before: list[Release]


def open_round(
    engine: Engine,
    keystore: Keystore,
    round_id: UUID,
    *,
    now: datetime,
    unlocked: Unlocked | None = None,
    reached: Reached = unnoticed,
) -> str:
    """Open a closed round; returns its state: "released", or "not_opened" when too few answered.

    Where several keys are needed, `unlocked` is what the holders' codes gave back. Run again after a crash it goes on;
    run on a released round it changes nothing. Raises OpeningFailed when its own checks do not agree, and CodesNeeded
    when the keys are not all there: the round then stays closed and sealed.
    """
    with Session(engine) as session:
        round_ = session.get_one(Round, round_id)
        if round_.state != "closed":
            return round_.state
        opened = _unseal(session, keystore, round_, unlocked)
        reached("unsealed")
        given = _answers(opened)
        if rounds.is_too_small(given.n_people, int((given.counts > 0).sum())):
            protected, state = _without_answers(opened), "not_opened"
        else:
            protected, state = _released(session, opened, given), "released"
    reached("estimated")
    with transaction(engine) as session:
        round_ = session.get_one(Round, round_id, with_for_update=True)
        if round_.state != "closed":
            return round_.state  # another process was faster
        _store(session, keystore, opened, given, protected, state, now)
        reached("stored")
    reached("committed")
    return state


def _unseal(session: Session, keystore: Keystore, round_: Round, unlocked: Unlocked | None) -> _Opened:
    partnership = session.get_one(Partnership, round_.partnership_id)
    keys = keystore.load(round_.id)
    frozen.check(session, round_, keys)
    box = ballots.unseal(session, round_, keys, unlocked.round_key if unlocked else None)
    check_counts(len(box.personal) + len(box.positions), ballots.count(session, round_.id), round_)
    return _Opened(
        round_=round_,
        partnership=partnership,
        instrument=rounds.instrument_of(session, round_),
        partners=partners_of(session, round_),
        box=box,
        earlier=read_box(session, keystore, round_, unlocked) if _is_paired(partnership, round_) else [],
        before=_before(session, round_),
    )


def _is_paired(partnership: Partnership, round_: Round) -> bool:
    """A pulse leaves the box for the next round untouched."""
    return partnership.pairing and round_.kind == "full"


def _before(session: Session, round_: Round) -> list[Release]:
    """What was published before of the same kind: a pulse is compared with nothing, and no round with a pulse."""
    if round_.kind == "pulse":
        return []
    return releases.series(session, round_.partnership_id, audience="facilitator")


def partners_of(session: Session, round_: Round) -> tuple[Partner, ...]:
    """The organizations invited to a round, with the role they had: lead first, then the national side, by name."""
    query = (
        select(Membership, Organization)
        .join(Organization, col(Membership.organization_id) == col(Organization.id))
        .where(Membership.partnership_id == round_.partnership_id)
        .order_by(col(Membership.joined_on))
    )
    found = {
        str(one.id): partner_of(member, one) for member, one in session.exec(query) if str(one.id) in round_.invited
    }
    ordered = sorted(found.values(), key=lambda one: (one.role != "lead", one.side != "national", one.name, one.id))
    return tuple(ordered)


def _answers(opened: _Opened) -> RoundAnswers:
    round_, before = opened.round_, opened.earlier
    months = (round_.closed_on - before[-1].closed_on).days / DAYS_PER_MONTH if before else None
    known = {one.id for one in opened.partners}
    return answers_of_round(
        opened.instrument,
        round_.number,
        round_.closed_on,
        opened.partners,
        round_.invited,
        [one for one in opened.box.personal if one["organization"] in known],
        [one for one in opened.box.positions if one["organization"] in known],
        months_since_last=months,
    )


def _released(session: Session, opened: _Opened, given: RoundAnswers) -> Protected:
    seed = int(opened.round_.seed, 16)
    estimated = estimate(
        given,
        opened.earlier,
        rng=np.random.default_rng(seed),
        level=opened.round_.disclosure_level,
        programme=programme_of(session, opened.round_, given),
        linked=_linked(session, opened),
    )
    check_levels(opened.box.personal, given, estimated.candidates, opened.round_)
    found = release_of(
        _heading(opened),
        given,
        estimated,
        opened.earlier,
        opened.before,
        comments=_comments(opened.box.personal),
        agreed=_agreed_before(session, opened.round_),
        provenance=_provenance(opened, given),
    )
    if found.report is None or not found.report.passed:
        raise OpeningFailed(f"round {given.number}: the disclosure audit did not pass; it stays closed and sealed")
    return found


def _linked(session: Session, opened: _Opened) -> dict[str, int]:
    """What commitments should move, with the last round before each was made."""
    found = {}
    for target, day in commitments.linked_targets(session, opened.partnership.id, opened.round_.closed_on).items():
        before = [other.number for other in opened.earlier if other.closed_on <= day and target in other.means]
        if before:
            found[target] = max(before)
    return found


def _agreed_before(session: Session, round_: Round) -> list[date]:
    """The days of the agreements this round can say something about."""
    return commitments.agreed_days(session, round_.partnership_id, round_.closes_at)


def _without_answers(opened: _Opened) -> Protected:
    """Too few answered: what people said is never opened further; positions of organizations still count."""
    nobody = answers_of_round(
        opened.instrument,
        opened.round_.number,
        opened.round_.closed_on,
        opened.partners,
        opened.round_.invited,
        (),
        opened.box.positions,
    )
    return unopened_release(_heading(opened), nobody, opened.round_.disclosure_level, _provenance(opened, nobody))


def _heading(opened: _Opened) -> Heading:
    round_ = opened.round_
    return Heading(opened.partnership.title, round_.label, round_.dyadic_mode, round_.disclosure_level)


def _comments(personal: Sequence[Mapping[str, Any]]) -> tuple[Comment, ...]:
    """Open answers, shuffled, from enough people who wrote one: a list in any order of arrival would tell who."""
    writers = Counter(one["organization"] for one in personal if any(c.get("text") for c in one.get("comments", ())))
    if not comments_may_be_shown(list(writers.values())):
        return ()
    found = [
        Comment(one["topic"], one["text"], one["kind"], one["audience"])
        for payload in personal
        for one in payload.get("comments", ())
        if one.get("text")
    ]
    random.SystemRandom().shuffle(found)
    return tuple(found)


def _provenance(opened: _Opened, given: RoundAnswers) -> dict[str, Any]:
    libraries = {name: version(name) for name in ("rapport", "numpy", "scipy")}
    return {
        "instrument_digest": opened.instrument.digest,
        "input_digest": opened.box.input_digest,
        "people": given.n_people,
        "organizations": int((given.counts > 0).sum()),
        "positions": len(opened.box.positions),
        "seed": opened.round_.seed,
        "versions": libraries,
        "settings": {"disclosure_level": opened.round_.disclosure_level, "dyadic_mode": opened.round_.dyadic_mode},
        "previous": opened.before[-1].provenance.get("digest", "") if opened.before else "",
    }


def _store(
    session: Session,
    keystore: Keystore,
    opened: _Opened,
    given: RoundAnswers,
    protected: Protected,
    state: str,
    now: datetime,
) -> None:
    round_ = session.get_one(Round, opened.round_.id)
    if state == "released":
        _keep_answers(session, opened, protected.release)
    releases.store(session, round_, protected.release, now=now)
    if _is_paired(opened.partnership, opened.round_):
        kept = list(opened.earlier)
        if state == "released":
            kept.append(remembered(given, protected.published))
        if kept:
            write_box(session, keystore, round_, kept)
    ballots.destroy(session, round_.id)
    mailings.drop_links(session, round_.id)
    mailings.announce(session, round_, "results" if state == "released" else "not_opened", due_at=now)
    key_locks.drop_of_round(session, round_)
    round_.state, round_.keys_state = state, "shred_pending"
    audit.record(session, "the clock", f"round {state}", str(round_.id), now)


def _keep_answers(session: Session, opened: _Opened, release: Release) -> None:
    """One row per person and construct, each construct in an order of its own; comments in theirs."""
    shuffle = random.SystemRandom().shuffle
    kept = {item.code: item.construct_code for item in opened.instrument.items if item.in_index}
    rows: list[Response] = []
    for construct in sorted(set(kept.values())):
        answers = [
            {code: answer for code, answer in one.get("answers", {}).items() if kept.get(code) == construct}
            for one in opened.box.personal
        ]
        shuffle(answers)
        rows += [Response(round_id=opened.round_.id, construct_code=construct, answers=one) for one in answers if one]
    rows.sort(key=_random_id)
    session.add_all(rows)
    session.add_all(
        CommentRow(round_id=opened.round_.id, topic=one.topic, kind=one.kind, text=one.text, audience=one.audience)
        for one in release.comments
    )


def _random_id(row: Response) -> UUID:
    """Rows are stored in the order of their random ids, which says nothing."""
    return row.id
