"""GET /api/v1/openapi.json describes what the API does, and no request that it allows makes the server fail."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from tests.server.api.conftest import API

CHECKS = [not_a_server_error, response_schema_conformance, status_code_conformance]


def test_it_works(client):
    document = client.get(f"{API}/openapi.json")
    assert document.status_code == 200
    body = document.json()
    assert body["info"]["title"] == "Rapport"
    assert {method for path in body["paths"].values() for method in path} == {"get"}
    assert body["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_the_document_speaks_of_the_api_only(client):
    paths = client.get(f"{API}/openapi.json").json()["paths"]
    assert not [path for path in paths if "answer" in path or "account" in path or "login" in path]
    for outside in ("/openapi.json", "/docs", "/redoc", f"{API}/docs", f"{API}/redoc"):
        assert client.get(outside).status_code == 404


def test_every_failure_is_described(client):
    for path in client.get(f"{API}/openapi.json").json()["paths"].values():
        for status in ("401", "404", "422", "429"):
            assert "application/problem+json" in path["get"]["responses"][status]["content"]


def test_no_request_makes_the_server_fail(app, program, amina, partnership, released, monkeypatch):
    """Requests made from the document, with a token and real ids among the made-up ones."""
    browser = program(amina)
    monkeypatch.setattr("server.api.readers.attempts.limit", 10**9)
    headers = {"Authorization": browser.headers["Authorization"], "Host": "127.0.0.1:8000"}
    schema = schemathesis.openapi.from_asgi(f"{API}/openapi.json", app, headers=headers)
    seen: dict[str, set[int]] = {}
    turns = count()
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=8,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            if next(turns) % 2:
                for name, real in (("partnership_id", str(partnership.id)), ("number", 3)):
                    if name in case.path_parameters:
                        case.path_parameters[name] = real
            answer = case.call(headers=headers)
            seen.setdefault(case.operation.path, set()).add(answer.status_code)
            case.validate_response(answer, checks=CHECKS)

        ask()
    assert len(seen) == 9
    assert all(200 in statuses for statuses in seen.values())


@pytest.mark.parametrize("name", ["docs/api.md", "docs/examples/read_the_api.py"])
def test_documents_name_addresses_that_exist(client, name):
    text = (Path(__file__).resolve().parents[3] / name).read_text(encoding="utf-8")
    for path in client.get(f"{API}/openapi.json").json()["paths"]:
        if name == "docs/api.md":
            assert path.replace("{partnership_id}", "ID").replace("{number}", "N").replace("{suffix}", "KIND") in text
    assert API in text
