"""Scans of papers on which a charter was signed: pictures or PDF, for everybody who reads the charter."""

from __future__ import annotations

import hashlib
from uuid import UUID

from sqlmodel import Session, col, select

from surveys import kept_files
from surveys.models import Charter, CharterScan, CharterSignature
from surveys.problems import InvalidInput, NotFound

KINDS = ("pdf", "png", "jpg")


def keep(session: Session, signature: CharterSignature, name: str, content: bytes) -> None:
    """The scan beside the signature that was just entered, if it is what its name says."""
    try:
        plain, suffix = kept_files.plain_name(name), kept_files.suffix_of(name, content, KINDS)
    except InvalidInput as problem:
        raise InvalidInput(str(problem), why="scan") from problem
    digest = hashlib.sha256(content).hexdigest()
    session.add(
        CharterScan(signature_id=signature.id, name=plain, suffix=suffix, digest=digest, content=content),
    )
    session.flush()


def kinds_of(session: Session, charter: Charter) -> dict[UUID, str]:
    """What kind of file lies beside which signature; the files themselves are not read."""
    query = (
        select(CharterScan.signature_id, CharterScan.suffix)
        .join(CharterSignature, col(CharterSignature.id) == col(CharterScan.signature_id))
        .where(CharterSignature.charter_id == charter.id)
    )
    return dict(session.exec(query).all())


def get(session: Session, partnership_id: UUID, version: int, organization_id: UUID) -> CharterScan:
    query = (
        select(CharterScan)
        .join(CharterSignature, col(CharterSignature.id) == col(CharterScan.signature_id))
        .join(Charter, col(Charter.id) == col(CharterSignature.charter_id))
        .where(
            Charter.partnership_id == partnership_id,
            Charter.version == version,
            CharterSignature.organization_id == organization_id,
        )
    )
    found = session.exec(query).first()
    if found is None:
        raise NotFound("there is no such scan")
    return found
