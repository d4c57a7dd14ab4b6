"""How an answer leaves: the same content has the same mark, so that a program asks twice and is sent it once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

LONGEST_PAGE = 500
Language = Annotated[Literal["en", "km", "fr"], Query(description="Of the names of what numbers are about")]
HEADERS = {"Cache-Control": "private, no-cache", "Vary": "Authorization"}


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of a list is wanted."""

    limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE)] = 100
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0


def page(request: Request, items: Sequence[Any], part: Slice) -> Response:
    """One page of a list, with the address of the next one in the body and as a Link."""
    end = part.offset + part.limit
    following = None
    if end < len(items):
        asked = {**request.query_params, "limit": part.limit, "offset": end}
        following = f"{request.url.path}?{urlencode(asked)}"
    body = {"items": list(items[part.offset : end]), "total": len(items), "next": following}
    return answer(request, body, {"Link": f'<{following}>; rel="next"'} if following else {})


def answer(request: Request, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """JSON with a mark of its content; 304 without content where the asker has it already."""
    content = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    mark = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
    named = {**HEADERS, "ETag": mark, **(headers or {})}
    if _has(request.headers.get("if-none-match", ""), mark):
        return Response(status_code=304, headers=named)
    return Response(content, media_type="application/json", headers=named)


def _has(known: str, mark: str) -> bool:
    """Whether the asker's list of marks holds this one; weak and strong marks of one content are alike here."""
    if known.strip() == "*":
        return True
    return mark.removeprefix("W/") in {one.strip().removeprefix("W/") for one in known.split(",")}
