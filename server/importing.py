"""History from files: partnerships in the phase `imported`, each round with its protected release, and nothing else.

No row of a respondent is stored. One transaction: a fault anywhere, and the database is as it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
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
from surveys.problems import InvalidInput, NotFound, OpeningFailed
from surveys.releases import Cell, Partner, Release

OUTCOME = "nothing was imported"
ACT = "imported"
IN_RELEASES = (
    "received",
    "asymmetry",
    "srm_variance",
    "srm_share",
    "srm_reliability",
)  # pooled estimates that a release holds


@dataclass(frozen=True)
class Imported:
    """What one import brought in."""

    partnerships: int
    rounds: int
    without_scores: int  # rounds below the floors
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Placing:
    """Where an import goes: the beginning of the codes, the disclosure level, and who may read it.

    existing: the rounds continue partnerships that were imported before, found by their names.
    """

    prefix: str = ""
    level: str = "B"
    facilitator: str | None = None
    existing: bool = False


def import_history(
    engine: Engine, wanted: Wanted, placing: Placing, *, actor: str, now: datetime, show: Show = quiet
) -> Imported:
    """Read the files and store their history, whole or not at all. Raises InvalidInput or NotFound."""
    digest = digest_of(wanted)
    if placing.existing:
        with Session(engine) as session:
            wanted = replace(wanted, known=frozenset(_imported(session, placing.prefix)))
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
    known = _imported(session, placing.prefix) if placing.existing else {}
    import_ = _Import(session, given, digest, now, _organizations(session, given), _pooled(given))
    hidden = 0
    with show("Estimating and protecting") as step:
        for at, name in enumerate(given.partnerships, start=1):
            partnership = known[name] if placing.existing else _partnership(session, given, name, placing)
            if reader is not None and accounts.find_seat(session, reader, partnership.id) is None:
                accounts.entrust(session, reader, partnership.id)
            hidden += import_.history(name, partnership)
            step(at / len(given.partnerships))
    audit.record(session, actor, ACT, digest, now)
    n_rounds = sum(len(days) for days in given.days.values())
    return Imported(len(given.partnerships), n_rounds, hidden, given.notes)


def _imported(session: Session, prefix: str) -> dict[str, Partnership]:
    """Title -> partnership that was imported before."""
    query = select(Partnership).where(Partnership.phase == "imported", col(Partnership.code).startswith(prefix))
    found: dict[str, Partnership] = {}
    for one in session.exec(query):
        if found.setdefault(one.title, one) is not one:
            raise InvalidInput(
                f"two imported partnerships are called {one.title}; tell them apart by --partnership-prefix; {OUTCOME}"
            )
    return found


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


@dataclass(frozen=True)
class _Import:
    """One import while it is stored."""

    session: Session
    given: Histories
    digest: str
    now: datetime
    organizations: Mapping[str, Organization]
    pooled: Mapping[int, tuple[Cell, ...]]

    def history(self, name: str, partnership: Partnership) -> int:
        """Store the rounds of one partnership, oldest first; returns how many lie below the floors."""
        before = releases.series(self.session, partnership.id, audience="facilitator")
        self._check_continues(name, partnership, before)
        earlier: list[EarlierRound] = []
        hidden = 0
        for one in self.given.rounds(name):
            self._join(partnership, one)
            renamed = tuple(self._stored(partner) for partner in one.organizations)
            made = self._round(replace(one, organizations=renamed), partnership, earlier, before)
            before.append(made.release)
            too_small = made.published is None
            if not too_small:
                earlier.append(remembered(replace(one, organizations=renamed), made.published))
            hidden += too_small and one.n_people > 0
        return hidden

    def _check_continues(self, name: str, partnership: Partnership, before: list[Release]) -> None:
        """Later rounds of the same questionnaire: anything else would not be one series."""
        if not before:
            return
        last, first = before[-1], min(self.given.days[name])
        if first <= last.round_number or self.given.days[name][first] <= last.closed_on:
            raise InvalidInput(
                f"{name}: round {first}, closed on {self.given.days[name][first]}, does not follow round "
                f"{last.round_number}, closed on {last.closed_on}; {OUTCOME}"
            )
        if last.instrument_digest != self.given.instrument.digest:
            raise InvalidInput(f"{partnership.code} was asked another questionnaire before; {OUTCOME}")

    def _round(
        self, given: RoundAnswers, partnership: Partnership, earlier: list[EarlierRound], before: list[Release]
    ) -> Protected:
        stored = rounds.import_round(
            self.session,
            partnership,
            given.instrument,
            number=given.number,
            closed_on=given.closed_on,
            invited={},  # nobody knows
            seed=self.digest[:32],
        )
        heading = Heading(partnership.title, stored.label, stored.dyadic_mode, stored.disclosure_level)
        about = _provenance(self.given, given, self.digest, stored.disclosure_level)
        found = _release(heading, given, earlier, before, about, seed=self.digest)
        release = replace(found.release, cells=(*found.release.cells, *self.pooled.get(given.number, ())))
        releases.store(self.session, stored, release, now=self.now)
        return replace(found, release=release)

    def _stored(self, partner: Partner) -> Partner:
        return replace(partner, id=str(self.organizations[partner.name].id))

    def _join(self, partnership: Partnership, given: RoundAnswers) -> None:
        """Who answered was a member, from the first such round on."""
        members = {str(one.id) for _, one in partnerships.members_on(self.session, partnership.id, given.closed_on)}
        for partner in given.organizations:
            organization = self.organizations[partner.name]
            if str(organization.id) not in members:
                partnerships.join(self.session, partnership, organization, on=given.closed_on)


def _release(
    heading: Heading,
    given: RoundAnswers,
    earlier: list[EarlierRound],
    before: list[Release],
    about: Mapping[str, Any],
    *,
    seed: str,
) -> Protected:
    """The protected release of a round; below the floors only positions count, as when a round is opened."""
    if rounds.is_too_small(given.n_people, int((given.counts > 0).sum())):
        made = unopened_release(heading, given, heading.disclosure_level, about)
        return made if given.n_people else replace(made, release=replace(made.release, markers=()))
    rng = np.random.default_rng([int(seed[:16], 16), given.number])
    estimated = estimate(given, earlier, rng=rng, level=heading.disclosure_level)
    found = release_of(heading, given, estimated, earlier, before, provenance=about)
    if found.report is None or not found.report.passed:
        raise OpeningFailed(f"{heading.partnership}, round {given.number}: the audit did not pass; {OUTCOME}")
    return found


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
