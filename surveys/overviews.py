"""What an overview of many partnerships reads of their releases: digests first, bodies only where they are new."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from surveys.models import ReleaseRow, Round
from surveys.releases import Release, from_body

AT_ONCE = 50  # bodies of some hundred kilobytes each
KEPT = ("level", "change_last", "gap_sides", "response_people", "response_organizations")


def digests_of(session: Session, partnership_ids: Sequence[UUID]) -> dict[UUID, tuple[str, ...]]:
    """The digests of the latest revision of every release, oldest round first: they name a series whole."""
    query = (
        select(Round.partnership_id, Round.number, ReleaseRow.digest)
        .join(ReleaseRow, col(ReleaseRow.round_id) == col(Round.id))
        .where(col(Round.partnership_id).in_(partnership_ids), Round.kind == "full")
        .order_by(col(Round.number), col(ReleaseRow.revision))
    )
    latest: dict[UUID, dict[int, str]] = {}
    for partnership_id, number, digest in session.exec(query):
        latest.setdefault(partnership_id, {})[number] = digest
    return {key: tuple(several.values()) for key, several in latest.items()}


def leading_cells(session: Session, digests: Sequence[str]) -> Iterator[tuple[str, Release]]:
    """The releases with these digests, with no more of their cells than an overview shows to everybody.

    A programme may hold thousands: they are read some at a time, and nothing of the rest is kept.
    """
    for start in range(0, len(digests), AT_ONCE):
        chosen = digests[start : start + AT_ONCE]
        query = select(ReleaseRow.digest, ReleaseRow.body).where(col(ReleaseRow.digest).in_(chosen))
        for digest, text in session.exec(query):
            yield digest, _thin(json.loads(text), digest)


def _thin(body: dict[str, Any], digest: str) -> Release:
    nothing: dict[str, Any] = {"comments": (), "facts": (), "agenda": (), "provenance": {"digest": digest}}
    return from_body(body | nothing | {"cells": list(_leading(body["cells"]))})


def _leading(cells: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Of headlines; where a questionnaire has none, of constructs."""
    known = [one for one in cells if one["estimate"] in KEPT and one["population"] == one["audience"] == "all"]
    kind = "headline:" if any(one["target"].startswith("headline:") for one in known) else "construct:"
    return (one for one in known if one["target"].startswith((kind, "partnership")))
