"""History from files: partnerships in the phase `imported`, each round with its protected release, and nothing else.

No row of a respondent is stored. One transaction: a fault anywhere, and the database is as it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from analysis.estimates import FloatArray
from server.estimation import estimate
from server.exchange.histories import Histories
from server.local import Show, Wanted, quiet, read
from server.measurement import EarlierRound, RoundAnswers, remembered
from server.pooled_dyads import pooled_cells
from server.releasing import Heading, Protected, release_of, rounded, unopened_release
from surveys import accounts, audit, partnerships, releases, rounds
from surveys.database import transaction
from surveys.models import Account, AuditEntry, Organization, Partnership
from surveys.problems import InvalidInput, NotFound
from surveys.releases import Cell, Partner, Release

OUTCOME = "nothing was imported"
ACT = "imported"
IN_RELEASES = ("received", "asymmetry", "srm_variance", "srm_reliability")  # pooled estimates that a release holds


@dataclass(frozen=True)
class Imported:
    """What one import brought in."""

    partnerships: int
    rounds: int
    without_scores: int  # rounds below the floors
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Placing:
    """Where an import goes: the beginning of the codes, the disclosure level, and who may read it."""

    prefix: str = ""
    level: str = "B"
    facilitator: str | None = None


def import_history(
    engine: Engine, wanted: Wanted, placing: Placing, *, actor: str, now: datetime, show: Show = quiet
) -> Imported:
    """Read the files and store their history, whole or not at all. Raises InvalidInput or NotFound."""
    digest = digest_of(wanted)
    given = read(wanted, outcome=OUTCOME, show=show)
    with transaction(engine) as session:
        return store_history(session, given, digest, placing, actor=actor, now=now, show=show)


def store_history(
    session: Session,
    given: Histories,
    digest: str,
    placing: Placing,
    *,
    actor: str,
    now: datetime,
    show: Show = quiet,
) -> Imported:
    """Store what was read, inside the caller's transaction. digest: of the files, see `digest_of`."""
    _refuse_again(session, digest)
    reader = _reader(session, placing.facilitator)
    organizations = _organizations(session, given)
    pooled = _pooled(given)
    hidden = 0
    with show("Estimating and protecting") as step:
        for at, name in enumerate(given.partnerships, start=1):
            made = _partnership(session, given, name, placing)
            if reader is not None:
                accounts.entrust(session, reader, made.id)
            hidden += _history(session, given, name, made, organizations, pooled, digest, now)
            step(at / len(given.partnerships))
    audit.record(session, actor, ACT, digest, now)
    n_rounds = sum(len(days) for days in given.days.values())
    return Imported(len(given.partnerships), n_rounds, hidden, given.notes)


def digest_of(wanted: Wanted) -> str:
    """What tells one import from another: the content of its files."""
    digest = hashlib.sha256()
    for path in (wanted.answers, wanted.dyads):
        if path is not None and path.is_file():
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _refuse_again(session: Session, digest: str) -> None:
    before = session.exec(select(AuditEntry).where(AuditEntry.act == ACT, AuditEntry.subject == digest)).first()
    if before is not None:
        raise InvalidInput(f"this file was imported on {before.at:%Y-%m-%d} already; {OUTCOME}")


def _reader(session: Session, email: str | None) -> Account | None:
    if email is None:
        return None
    found = session.exec(select(Account).where(Account.email == email.strip().lower())).first()
    if found is None:
        raise NotFound(f"nobody has an account with the address {email}; {OUTCOME}")
    return found


def _organizations(session: Session, given: Histories) -> dict[str, Organization]:
    """Name -> organization: known ones of the same name and kind are used again."""
    names = sorted(given.partners)
    known: dict[tuple[str, str], Organization] = {}
    for first in range(0, len(names), 500):  # databases limit the parameters of a question
        query = select(Organization).where(col(Organization.name).in_(names[first : first + 500]))
        known |= {(one.name, one.kind): one for one in session.exec(query)}
    return {
        name: known.get((name, partner.kind)) or partnerships.create_organization(session, name=name, kind=partner.kind)
        for name, partner in given.partners.items()
    }


def _partnership(session: Session, given: Histories, name: str, placing: Placing) -> Partnership:
    code = placing.prefix + given.slugs[given.partnerships.index(name)]
    if partnerships.find_by_code(session, code) is not None:
        raise InvalidInput(
            f"there is a partnership with the code {code} already; choose another beginning with "
            f"--partnership-prefix; {OUTCOME}"
        )
    return partnerships.create_partnership(
        session,
        code=code,
        title=name,
        phase="imported",
        instrument_code=given.instrument.code,
        disclosure_level=placing.level,
        pairing=False,
        rhythm_months=given.calendar.rhythm,
    )


def _pooled(given: Histories) -> dict[int, tuple[Cell, ...]]:
    """Round -> what all partnerships together say of the dyads."""
    tables: dict[int, list[FloatArray]] = {}
    if given.dyads is not None:
        for name in given.partnerships:
            for one in given.rounds(name):
                if one.dyads is not None:
                    tables.setdefault(one.number, []).append(one.dyadic_trust)
    return {
        number: tuple(rounded(cell) for cell in pooled_cells(found) if cell.estimate in IN_RELEASES)
        for number, found in tables.items()
        if len(found) > 1
    }


def _history(
    session: Session,
    given: Histories,
    name: str,
    partnership: Partnership,
    organizations: Mapping[str, Organization],
    pooled: Mapping[int, tuple[Cell, ...]],
    digest: str,
    now: datetime,
) -> int:
    """The rounds of one partnership, oldest first; returns how many lie below the floors."""
    earlier: list[EarlierRound] = []
    before: list[Release] = []
    joined: set[str] = set()
    hidden = 0
    for one in given.rounds(name):
        round_ = replace(one, organizations=tuple(_stored(partner, organizations) for partner in one.organizations))
        _join(session, partnership, one.organizations, organizations, joined, one.closed_on)
        stored = rounds.import_round(
            session,
            partnership,
            given.instrument,
            number=round_.number,
            closed_on=round_.closed_on,
            invited={},  # nobody knows
            seed=digest[:32],
        )
        too_small = rounds.is_too_small(round_.n_people, int((round_.counts > 0).sum()))
        heading = Heading(partnership.title, stored.label, stored.dyadic_mode, stored.disclosure_level)
        about = _provenance(given, round_, digest, stored.disclosure_level)
        found = _release(heading, round_, earlier, before, about, too_small=too_small, seed=digest)
        release = replace(found.release, cells=(*found.release.cells, *pooled.get(round_.number, ())))
        releases.store(session, stored, release, now=now)
        before.append(release)
        if not too_small:
            earlier.append(remembered(round_, found.published))
        hidden += too_small and round_.n_people > 0
    return hidden


def _stored(partner: Partner, organizations: Mapping[str, Organization]) -> Partner:
    return replace(partner, id=str(organizations[partner.name].id))


def _join(
    session: Session,
    partnership: Partnership,
    partners: Iterable[Partner],
    organizations: Mapping[str, Organization],
    joined: set[str],
    on: date,
) -> None:
    for partner in partners:
        if partner.name not in joined:
            partnerships.join(session, partnership, organizations[partner.name], on=on)
            joined.add(partner.name)


def _release(
    heading: Heading,
    given: RoundAnswers,
    earlier: list[EarlierRound],
    before: list[Release],
    about: Mapping[str, Any],
    *,
    too_small: bool,
    seed: str,
) -> Protected:
    if too_small:
        made = unopened_release(heading, given, heading.disclosure_level, about)
        return made if given.n_people else replace(made, release=replace(made.release, markers=()))
    rng = np.random.default_rng([int(seed[:16], 16), given.number])
    estimated = estimate(given, earlier, rng=rng, level=heading.disclosure_level)
    return release_of(heading, given, estimated, earlier, before, provenance=about)


def _provenance(given: Histories, round_: RoundAnswers, digest: str, level: str) -> dict[str, Any]:
    return {
        "imported": True,
        "instrument_digest": given.instrument.digest,
        "input_digest": digest,
        "people": round_.n_people,
        "organizations": int((round_.counts > 0).sum()),
        "seed": digest[:32],
        "versions": _versions(),
        "settings": {"disclosure_level": level, "dyadic_mode": "positions"},
        "assumed": " ".join(given.notes),
    }


@cache  # looking them up costs more than a small round
def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("rapport", "numpy", "scipy")}
