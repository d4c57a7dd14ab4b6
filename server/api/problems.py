"""What went wrong, as Problem Details (RFC 9457): one shape for every failure, no matter where it arose."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server import watching
from server.problems import STATUS
from server.security import HEADERS
from surveys.problems import SurveyProblem

MEDIA_TYPE = "application/problem+json"
log = logging.getLogger("rapport.api")
DETAILS = {
    401: "Send a valid token: Authorization: Bearer rapport_...",
    404: "There is no such thing, or the token does not open it.",
    405: "The API is read-only: use GET.",
    429: "Too many requests with this token: wait as long as Retry-After says.",
    500: "The server failed; nothing was changed.",
}


class Problem(BaseModel):
    """Problem Details, RFC 9457."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[str] = Field(default_factory=list, description="What is wrong with which parameter")


def problem(
    status: int, detail: str = "", *, errors: list[str] | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    body = Problem(
        title=HTTPStatus(status).phrase, status=status, detail=detail or DETAILS.get(status, ""), errors=errors or []
    )
    return JSONResponse(body.model_dump(), status_code=status, headers=headers, media_type=MEDIA_TYPE)


def on_http_problem(request: Request, raised: Exception) -> Response:
    assert isinstance(raised, HTTPException)  # registered for nothing else
    watching.refused(request, raised.status_code)
    return problem(raised.status_code, headers=raised.headers)


def on_survey_problem(request: Request, raised: Exception) -> Response:
    assert isinstance(raised, SurveyProblem)  # registered for nothing else
    watching.refused(request, STATUS[raised.kind])
    return problem(STATUS[raised.kind])


def on_malformed(_request: Request, raised: Exception) -> Response:
    """Which parameter is wrong and how; a path that cannot be one is not found."""
    assert isinstance(raised, RequestValidationError)  # registered for nothing else
    faults = raised.errors()
    if any(one["loc"][0] == "path" for one in faults):
        return problem(404)
    errors = [f"{one['loc'][-1]}: {one['msg']}" for one in faults]
    return problem(422, "A parameter is not what it must be.", errors=errors)


def on_crash(_request: Request, raised: Exception) -> Response:
    log.error("problem=%s", type(raised).__name__)
    return problem(500, headers=HEADERS)  # this handler answers outside the middleware that adds them


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How the document describes these failures."""
    content = {MEDIA_TYPE: {"schema": Problem.model_json_schema(ref_template="#/components/schemas/{model}")}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}
