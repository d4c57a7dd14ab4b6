"""The addresses of /api/v1: partnerships, rounds, releases with their numbers, series, files. All are read only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from server import exports
from server.api.answers import Language, Slice, answer, page
from server.api.problems import described
from server.api.readers import Reader, ReaderDep
from server.api.shapes import CellShape, PageShape, PartnershipShape, PointShape, ReleaseShape, RoundShape
from server.deps import audience_of
from server.dossiers import Dossier
from server.exchange.json_out import cell_document, document, heading
from server.exchange.tidy import Segments
from server.exports import MEDIA, Export, Suffix, sheaf_of
from server.routes.exporting import release_export
from surveys import rounds
from surveys.models import Partnership, Round
from surveys.releases import Cell

router = APIRouter(responses=described(401, 404, 422, 429))
SliceDep = Annotated[Slice, Depends()]
Number = Annotated[int, Path(ge=1, le=9999)]
POINT = ("round", "round_label", "closed_on", "instrument", "version")
FILE = {"description": "The file", "content": {kind.partition(";")[0]: {} for kind in MEDIA.values()}}
FILE |= {"content": {**FILE["content"], "application/json": {}}}  # type: ignore[dict-item]  # Type ignore: a description


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which numbers: exact codes as the codebook lists them; what is left out filters nothing."""

    estimate: Annotated[str | None, Query(max_length=60)] = None
    construct: Annotated[str | None, Query(max_length=200)] = None
    population: Annotated[str | None, Query(max_length=60)] = None

    def holds(self, cell: Cell) -> bool:
        asked = ((self.estimate, cell.estimate), (self.construct, cell.target), (self.population, cell.population))
        return all(wanted is None or wanted == there for wanted, there in asked)


WantedDep = Annotated[Wanted, Depends()]


@router.get("/partnerships", response_model=PageShape[PartnershipShape])
def partnerships(request: Request, reader: ReaderDep, part: SliceDep) -> Response:
    """The partnerships this token opens, by code."""
    return page(request, [_partnership(reader, one) for one in reader.partnerships()], part)


@router.get("/partnerships/{partnership_id}", response_model=PartnershipShape)
def partnership(request: Request, reader: ReaderDep, partnership_id: UUID) -> Response:
    return answer(request, _partnership(reader, reader.partnership(partnership_id)))


def _partnership(reader: Reader, one: Partnership) -> dict[str, Any]:
    seat = reader.seats[one.id]
    return {
        "id": str(one.id),
        "code": one.code,
        "title": one.title,
        "titles": dict(one.titles or {}),
        "sector": one.sector,
        "level": one.level,
        "phase": one.phase,
        "role": seat.role,
        "audience": audience_of(seat),
    }


@router.get("/partnerships/{partnership_id}/rounds", response_model=PageShape[RoundShape])
def rounds_of(request: Request, reader: ReaderDep, partnership_id: UUID, part: SliceDep) -> Response:
    """Every round of a partnership, oldest first."""
    one = reader.partnership(partnership_id)
    released = {release.round_number for release in reader.dossier(partnership_id, "en").series}
    several = rounds.of_partnership(reader.session, one.id)
    return page(request, [_round(round_, is_released=round_.number in released) for round_ in several], part)


def _round(one: Round, *, is_released: bool) -> dict[str, Any]:
    return {
        "number": one.number,
        "label": one.label,
        "state": one.state,
        "opens_at": one.opens_at.isoformat(),
        "closes_at": one.closes_at.isoformat(),
        "is_released": is_released,
    }


@router.get("/partnerships/{partnership_id}/rounds/{number}/release", response_model=ReleaseShape)
def release(
    request: Request, reader: ReaderDep, partnership_id: UUID, number: Number, language: Language = "en"
) -> Response:
    """One release without its numbers: partners, agenda, comments, facts, markers, provenance."""
    body = document(sheaf_of(_released(reader, partnership_id, number, language)), number)
    del body["cells"]
    return answer(request, body)


@router.get("/partnerships/{partnership_id}/rounds/{number}/cells", response_model=PageShape[CellShape])
def cells(
    request: Request,
    reader: ReaderDep,
    partnership_id: UUID,
    number: Number,
    wanted: WantedDep,
    part: SliceDep,
    language: Language = "en",
) -> Response:
    """The numbers of one release that this seat may see."""
    dossier = _released(reader, partnership_id, number, language)
    found = [one for one in _points(dossier, wanted) if one["round"] == number]
    return page(request, [{k: v for k, v in one.items() if k not in POINT} for one in found], part)


@router.get("/partnerships/{partnership_id}/series", response_model=PageShape[PointShape])
def series(
    request: Request,
    reader: ReaderDep,
    partnership_id: UUID,
    wanted: WantedDep,
    part: SliceDep,
    language: Language = "en",
) -> Response:
    """The numbers of every release of a partnership, oldest round first."""
    return page(request, _points(reader.dossier(partnership_id, language), wanted), part)


def _released(reader: Reader, partnership_id: UUID, number: int, language: str) -> Dossier:
    dossier = reader.dossier(partnership_id, language)
    if not dossier.has_release(number):
        raise HTTPException(404)
    return dossier


def _points(dossier: Dossier, wanted: Wanted) -> list[dict[str, Any]]:
    sheaf, segments, found = sheaf_of(dossier), Segments(), []
    for release_, wording in zip(sheaf.releases, sheaf.wordings, strict=True):
        segments.enter(release_)
        said = heading(sheaf.code, release_)
        about = {name: said[name] for name in POINT}
        found += [about | cell_document(cell, wording, segments) for cell in release_.cells if wanted.holds(cell)]
    return found


@router.get("/export.{suffix}", response_class=Response, responses={200: FILE})
def programme_file(reader: ReaderDep, suffix: Suffix, language: Language = "en") -> Response:
    """Levels and changes of the indices of everything this token opens, as a file."""
    wanted = {key: audience_of(seat) for key, seat in reader.seats.items()}
    return exports.respond(exports.main_export(reader.session, reader.partnerships(), wanted, language), suffix)


@router.get("/partnerships/{partnership_id}/export.{suffix}", response_class=Response, responses={200: FILE})
def series_file(reader: ReaderDep, partnership_id: UUID, suffix: Suffix, language: Language = "en") -> Response:
    """The whole series of a partnership as a file."""
    dossier = reader.dossier(partnership_id, language)
    name = f"series {dossier.partnership.code}"
    return exports.respond(Export(name, dossier.title.text, (sheaf_of(dossier),), dossier.wording), suffix)


@router.get(
    "/partnerships/{partnership_id}/rounds/{number}/export.{suffix}", response_class=Response, responses={200: FILE}
)
def release_file(
    reader: ReaderDep, partnership_id: UUID, number: Number, suffix: Suffix, language: Language = "en"
) -> Response:
    """One release as a file."""
    return exports.respond(release_export(reader.dossier(partnership_id, language), number), suffix)
