"""A charter signed on paper: the facilitator enters it, with its scan; whoever reads the charter may fetch that."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from starlette.exceptions import HTTPException
from starlette.responses import Response

from server.charter_shown import show
from server.kept_files import Upload, UploadDep, send_back
from server.pages import see_other
from server.places import ChairDep, Place, PlaceDep
from surveys import charter as agreed
from surveys import charter_scans, signing
from surveys.models import Charter

router = APIRouter()


@router.post("/partnerships/{partnership_id}/charter/paper")
def enter_paper(place: ChairDep, upload: UploadDep) -> Response:
    """The signature and its scan together, or neither."""
    charter = agreed.current(place.session, place.partnership.id)
    if charter is None:
        raise HTTPException(404)
    if problem := place.attempt(lambda: _enter(place, charter, upload)):
        given = (place.request, place.session, place.account, place.partnership, charter, place.today)
        return show(*given, problem=problem)
    place.record("entered a charter signed on paper", f"charter version {charter.version}")
    return see_other(f"{place.address}/charter")


def _enter(place: Place, charter: Charter, upload: Upload) -> None:
    form = upload.form
    signature = signing.sign_on_paper(
        place.session,
        charter,
        _organization(form),
        person=form.get("person", ""),
        on=_day(form.get("signed_on", "")) or place.today,
        note=form.get("note", ""),
        today=place.today,
        entered_by=place.account.name,
    )
    if upload.name or upload.content:  # a field for a file that was left empty has neither
        charter_scans.keep(place.session, signature, upload.name, upload.content)


def _organization(form: dict[str, str]) -> UUID:
    try:
        return UUID(form.get("organization", ""))
    except ValueError:
        raise HTTPException(404) from None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@router.get("/partnerships/{partnership_id}/charter/versions/{number}/scans/{organization_id}")
def scan_file(place: PlaceDep, number: Annotated[int, Path(ge=1, le=9999)], organization_id: UUID) -> Response:
    found = charter_scans.get(place.session, place.partnership.id, number, organization_id)
    return send_back(found.name, found.suffix, found.content)
