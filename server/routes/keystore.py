"""The copies of the keys: what is missing or damaged, and the button that copies the intact ones over."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server.deps import AccountDep, ClockDep, KeystoreDep, SessionDep, may_keep_keys
from server.pages import Page, render, see_other
from surveys import audit
from surveys.keystore import Keystore

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Replica:
    """One copy; how many keys it lacks or holds damaged."""

    path: str
    is_absent: bool
    missing: int
    damaged: int


@dataclass(frozen=True, slots=True)
class KeystorePage(Page):
    template = "keys/keystore.html"
    replicas: tuple[Replica, ...]
    lost: int
    can_repair: bool


@router.get("/keystore")
def keystore_page(request: Request, session: SessionDep, account: AccountDep, keystore: KeystoreDep) -> Response:
    if not may_keep_keys(session, account):
        raise HTTPException(404)
    replicas, lost = _replicas(keystore), len(keystore.lost())
    can_repair = any(one.is_absent or one.missing + one.damaged > lost for one in replicas)
    return render(request, KeystorePage(replicas, lost, can_repair))


def _replicas(keystore: Keystore) -> tuple[Replica, ...]:
    faults, absent = keystore.check(), keystore.absent()
    return tuple(
        Replica(
            path=str(replica),
            is_absent=replica in absent,
            missing=sum(one.replica == replica and one.fault == "missing" for one in faults),
            damaged=sum(one.replica == replica and one.fault == "damaged" for one in faults),
        )
        for replica in keystore.replicas
    )


@router.post("/keystore/repair")
def repair(session: SessionDep, account: AccountDep, keystore: KeystoreDep, now: ClockDep) -> Response:
    if not may_keep_keys(session, account):
        raise HTTPException(404)
    written = keystore.repair()
    audit.record(session, account.email, f"repaired the copies of the keys: {written} written", "keystore", now)
    return see_other("/keystore")
