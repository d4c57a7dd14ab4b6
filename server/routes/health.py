"""Whether the service lives and is ready: one word each, for proxies and supervisors. Figures stand elsewhere."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from surveys.database import is_current

router = APIRouter()


@router.get("/healthz")
async def health() -> Response:
    """The process answers; the database is not asked, or a database that restarts would restart all servers."""
    return PlainTextResponse("alive")


@router.get("/readyz")
def readiness(request: Request) -> Response:
    """The database answers with the schema of this version, and the keys are in their place. Says no more than that."""
    state = request.app.state
    try:
        is_ready = is_current(state.engine) and any(replica.is_dir() for replica in state.keystore.replicas)
    except (SQLAlchemyError, OSError):
        is_ready = False
    return PlainTextResponse("ready" if is_ready else "not ready", status_code=200 if is_ready else 503)
