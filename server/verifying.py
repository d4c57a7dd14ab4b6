"""Whether releases are as they were stored. This says nothing about the estimates: integrity is not correctness."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from surveys import audit, releases
from surveys.keystore import Keystore
from surveys.models import InstrumentVersion, Partnership, ReleaseRow, Round
from surveys.problems import NotFound

SHORTEST_DIGEST = 8
NOT_THE_ESTIMATE = (
    "This checks integrity, not the estimate: that the numbers are those that were stored, not that they are right."
)
Stored = tuple[ReleaseRow, Round, Partnership]


@dataclass(frozen=True, slots=True)
class Checked:
    """One release: what it is, and the sentence of each check with whether it holds."""

    name: str
    checks: tuple[tuple[str, bool], ...]

    @property
    def is_intact(self) -> bool:
        return all(holds for _, holds in self.checks)


def faults_of_everything(session: Session, keystore: Keystore) -> Iterator[str]:
    """Of every release, of the record of acts, of the copies of the keys."""
    for row in session.exec(select(ReleaseRow)):
        if not releases.verify(row):
            yield f"release {row.digest[:12]} was changed"
    broken = audit.verify_chain(session)
    if broken is not None:
        yield f"the record of acts was changed at entry {broken}"
    for one in keystore.check():
        yield f"keys {one.name[:8]}: {one.replica} is {one.fault}"


def check_release(session: Session, named: str) -> list[Checked]:
    """Every revision of the releases that `named` fits: code:round, or the beginning of a digest.

    Raises NotFound when there is none.
    """
    found = [_checked(session, stored) for stored in _stored(session, named)]
    if not found:
        raise NotFound(f"there is no release “{named}”: give code:round, or at least 8 signs of its digest")
    return found


def _stored(session: Session, named: str) -> Sequence[Stored]:
    query = (
        select(ReleaseRow, Round, Partnership)
        .join(Round, col(ReleaseRow.round_id) == col(Round.id))
        .join(Partnership, col(Round.partnership_id) == col(Partnership.id))
        .order_by(col(Round.number), col(ReleaseRow.revision))
    )
    code, sign, number = named.rpartition(":")
    if sign and number.isdecimal() and len(number) < 5:
        query = query.where(Partnership.code == code, Round.number == int(number))
    elif re.fullmatch(rf"[0-9a-f]{{{SHORTEST_DIGEST},64}}", named):
        query = query.where(col(ReleaseRow.digest).startswith(named))
    else:
        return ()
    return session.exec(query).all()


def _checked(session: Session, stored: Stored) -> Checked:
    row, round_, partnership = stored
    name = f"{partnership.code}, round {round_.number}, revision {row.revision}, digest {row.digest}"
    is_whole = releases.verify(row)
    checks = [
        ("the stored text is the one its digest was taken of", is_whole),
        ("it names the release before it by that release's digest", row.previous_digest in _before(session, stored)),
    ]
    if is_whole:
        asked = releases.from_json(row.body).instrument_digest
        kept = session.get_one(InstrumentVersion, round_.instrument_version_id).digest
        checks.append(("the questionnaire is the one it was answered with", asked == kept))
    return Checked(name, tuple(checks))


def _before(session: Session, stored: Stored) -> set[str]:
    """Digests this one may follow: its earlier revision, or any revision of an earlier round; none for the first."""
    row, round_, _ = stored
    if row.revision > 1:
        own = select(ReleaseRow.digest).where(ReleaseRow.round_id == round_.id, ReleaseRow.revision == row.revision - 1)
        return set(session.exec(own))
    earlier = (
        select(ReleaseRow.digest)
        .join(Round, col(ReleaseRow.round_id) == col(Round.id))
        .where(Round.partnership_id == round_.partnership_id, Round.number < round_.number)
    )
    return set(session.exec(earlier)) or {""}
