"""Makes the application of /api/v1: the same session, clock and settings as the pages, its own errors and document."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from server.api import problems
from server.api.routes import router
from server.metrics import NOTHING_OBSERVED
from surveys.problems import SurveyProblem

ADDRESS = "/api/v1"
ABOUT = """
Released numbers for programs. Everything comes from stored releases, protected as everywhere else; a token opens what
its account's seats let it read. Group sizes are bands. Compare numbers of one construct within one `segment` only.

Errors are Problem Details (RFC 9457). Answers carry an `ETag`: send it back as `If-None-Match` and nothing is sent
twice. Lists come in pages: follow `next`. At most 120 requests a minute.
"""


def create_api(parent: FastAPI) -> FastAPI:
    """The application to mount at ADDRESS beneath `parent`."""
    api = FastAPI(
        title="Rapport",
        version=version("rapport"),
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        telemetry=NOTHING_OBSERVED,
    )
    api.state = parent.state
    api.router.dependency_overrides_provider = parent  # what stands in for the session there does so here
    api.include_router(router)
    api.add_exception_handler(HTTPException, problems.on_http_problem)
    api.add_exception_handler(RequestValidationError, problems.on_malformed)
    api.add_exception_handler(SurveyProblem, problems.on_survey_problem)
    api.add_exception_handler(Exception, problems.on_crash)
    return api
