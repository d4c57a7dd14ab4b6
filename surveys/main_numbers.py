"""The main numbers of releases once more: a programme's hundreds of rounds are read from here.

A copy holds what its release holds and nothing else; whoever doubts it reads the release, whose digest it carries.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from surveys.models import ReleaseMain, ReleaseRow, Round
from surveys.releases import Cell, Marker, Release, for_audience, shallow

MAIN = ("level", "change_last")
INDICES = ("headline:", "construct:", "composite")
PARTS = (
    "partnership",
    "round_number",
    "round_label",
    "instrument",
    "instrument_version",
    "instrument_digest",
    "dyadic_mode",
    "disclosure_level",
    "revision",
)


def is_main(cell: Cell) -> bool:
    """Levels and changes of the indices, all partners together: what a programme is followed by."""
    return cell.estimate in MAIN and cell.population == "all" and cell.target.startswith(INDICES)


def copy_of(row: ReleaseRow, release: Release) -> ReleaseMain:
    """The copy that is stored beside a release."""
    return ReleaseMain(release_id=row.id, body=main_json(release))


def main_json(release: Release) -> str:
    """The main numbers of a release, with what they need to be read; written small, for there are many."""
    body = {name: getattr(release, name) for name in PARTS}
    body |= {"closed_on": release.closed_on.isoformat(), "markers": [_with_day(one) for one in release.markers]}
    body["cells"] = [{k: v for k, v in shallow(one).items() if v or v == 0} for one in release.cells if is_main(one)]
    return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _with_day(marker: Marker) -> dict[str, Any]:
    return {**shallow(marker), "on": marker.on.isoformat()}


def _main_from_json(digest: str, text: str) -> Release:
    body = json.loads(text)
    body["closed_on"] = date.fromisoformat(body["closed_on"])
    body["cells"] = tuple(Cell(**{**one, "flags": tuple(one.get("flags", ()))}) for one in body["cells"])
    body["markers"] = tuple(Marker(**{**one, "on": date.fromisoformat(one["on"])}) for one in body["markers"])
    return Release(**body, partners=(), provenance={"digest": digest})


def series_of_many(session: Session, audiences: Mapping[UUID, str]) -> dict[UUID, list[Release]]:
    """As `releases.series_of_many`, with the main numbers only: a fiftieth of what there is to read."""
    query = (
        select(Round.partnership_id, Round.number, ReleaseRow.digest, ReleaseMain.body)
        .join(ReleaseRow, col(ReleaseRow.round_id) == col(Round.id))
        .join(ReleaseMain, col(ReleaseMain.release_id) == col(ReleaseRow.id))
        .where(col(Round.partnership_id).in_(list(audiences)), Round.kind == "full")
        .order_by(col(Round.number), col(ReleaseRow.revision))
    )
    latest = {(partnership, number): (digest, body) for partnership, number, digest, body in session.exec(query)}
    found: dict[UUID, list[Release]] = {key: [] for key in audiences}
    for (partnership, _), (digest, body) in latest.items():
        found[partnership].append(for_audience(_main_from_json(digest, body), audiences[partnership]))
    return found
