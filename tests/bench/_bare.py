"""The bare durable route: what one request with one insert that has reached the disk costs on this machine.

python -m tests.bench._bare FILE PORT
"""

from __future__ import annotations

import sqlite3
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route


def make_app(path: str) -> Starlette:
    database = sqlite3.connect(path, isolation_level=None)
    for statement in ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE kept (body BLOB)"):
        database.execute(statement)

    async def insert(request: Request) -> Response:
        database.execute("INSERT INTO kept VALUES (?)", (await request.body(),))
        return PlainTextResponse("kept")

    return Starlette(routes=[Route("/", insert, methods=["POST"])])


if __name__ == "__main__":
    uvicorn.run(make_app(sys.argv[1]), port=int(sys.argv[2]), log_level="warning", access_log=False)
