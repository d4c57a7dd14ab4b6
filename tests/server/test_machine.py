"""What whoever keeps the machine sees: health, figures, log lines, the doctor, the bill of materials, the drill."""

from __future__ import annotations

import json
import logging
import urllib.request
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient
from typer.testing import CliRunner

from server import bill, cli
from server.backup import back_up
from server.doctor import examine
from server.logs import JsonLines
from server.metrics import STEP, Figures, Tally, registry_of, serve_metrics
from server.settings import Settings
from surveys.database import make_engine, upgrade
from surveys.keystore import Keystore
from tests.server.conftest import make_service


@pytest.fixture
def settings(tmp_path):
    url = f"sqlite:///{tmp_path / 'one.db'}"
    upgrade(url)
    places = (tmp_path / "keys-a", tmp_path / "keys-b")
    for place in places:
        place.mkdir(mode=0o700)
    return Settings(var_dir=tmp_path, database_url=url, keystore=places, secret_key_file=tmp_path / "secret-key")


@pytest.fixture
def run(settings, monkeypatch):
    """A command with these settings."""
    monkeypatch.setenv("RAPPORT_VAR_DIR", str(settings.var_dir))
    monkeypatch.setenv("RAPPORT_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("RAPPORT_KEYSTORE", json.dumps([str(one) for one in settings.keystore]))
    monkeypatch.setenv("RAPPORT_SECRET_KEY_FILE", str(settings.secret_key_file))
    return lambda *words: CliRunner().invoke(cli.app, list(words))


class TestHealth:
    def test_it_works(self, client, app):
        for replica in app.state.keystore.replicas:
            replica.mkdir(parents=True, exist_ok=True)
        assert client.get("/healthz").text == "alive"
        assert client.get("/readyz").text == "ready"

    def test_not_ready_without_a_database(self, client, app, tmp_path):
        held, broken = app.state.engine, make_engine(f"sqlite:///{tmp_path / 'empty.db'}")
        app.state.engine = broken  # by hand: monkeypatch would take the attribute away afterwards
        try:
            answer = client.get("/readyz")
            assert (answer.status_code, answer.text) == (503, "not ready")
            assert client.get("/healthz").status_code == 200
        finally:
            app.state.engine = held
            broken.dispose()

    def test_figures_are_not_reachable_here(self, client):
        assert client.get("/metrics").status_code == 404


class TestFigures:
    def test_respondents_are_counted_in_hundreds(self):
        tally = Tally()
        for _ in range(STEP - 1):
            tally.note("/answer/part/V", 200)
        assert tally.shown()["respondents", "2xx"] == 0
        tally.note("/i", 200)
        assert tally.shown()["respondents", "2xx"] == STEP

    def test_faults_are_counted_exactly(self):
        tally = Tally()
        tally.note("/answer", 500)
        assert tally.shown() == {("respondents", "5xx"): 1}

    @pytest.mark.parametrize("path", ["/paper", "/paper/entry", "/offline/key", "/language", "/finished", "/static/x"])
    def test_nothing_a_respondent_asks_for_is_counted_one_by_one(self, path):
        tally = Tally()
        tally.note(path, 303)
        assert set(tally.shown().values()) == {0}

    def test_a_page_of_a_fault_is_counted(self, tmp_path):
        app = make_service(tmp_path)
        app.add_route("/falls", lambda _request: 1 / 0)
        TestClient(app, base_url="http://127.0.0.1:8000", raise_server_exceptions=False).get("/falls")
        assert app.state.tally.shown() == {("others", "5xx"): 1}
        app.state.engine.dispose()

    def test_no_identifier_in_any_label(self, engine, keystore):
        tally = Tally()
        secret = "7f9c1b1e-aaaa-bbbb-cccc-0123456789ab"
        for _ in range(STEP):
            tally.note(f"/partnerships/{secret}/rounds/3", 200)
        server = serve_metrics(registry_of(Figures(engine, keystore, tally, lambda: True)), 0)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/metrics", timeout=10) as answer:
                page = answer.read().decode()
        finally:
            server.shutdown()
            server.server_close()
        assert 'rapport_requests_total{group="others",status="2xx"} 100.0' in page
        assert "rapport_clock_held 1.0" in page
        assert "rapport_database_up 1.0" in page
        assert secret not in page


class TestLogLines:
    def line(self, logger, message, *args, **named):
        record = logging.getLogger(logger).makeRecord(logger, 40, "f", 1, message, args, named.get("exc_info"))
        return json.loads(JsonLines().format(record))

    def test_only_fields_of_the_list(self):
        held = self.line("rapport", "problem=%s", "RoundNotOpen")
        assert set(held) == {"at", "level", "logger", "event"}
        assert held["event"] == "problem=RoundNotOpen"

    def test_visitors_words_in_another_librarys_message_stay_out(self):
        held = self.line("uvicorn.error", "bad header %s", "GET /i\r\n\x1b[31m secret")
        assert held["event"] == "bad header %s"

    def test_fault_without_its_words(self):
        try:
            raise ValueError(" ".join(("what", "a", "person", "wrote")))
        except ValueError as fault:
            written = json.dumps(self.line("rapport", "failed", exc_info=(type(fault), fault, fault.__traceback__)))
        assert "what a person wrote" not in written
        assert "ValueError" in written


class TestDoctor:
    def states(self, settings):
        return {(one.matter, one.state) for one in examine(settings, now=datetime.now(UTC))}

    def test_it_works(self, settings, run):
        found = run("doctor")
        assert "SQLite" in found.output
        assert "replicas agree" in found.output
        assert found.exit_code == 0, found.output

    def test_bad_news_have_advice(self, settings, run):
        Keystore(settings.keystore).create(uuid4())
        next(settings.keystore[0].glob("*.key")).write_bytes(b"garbage")
        found = run("doctor", "--json")
        assert found.exit_code == 1
        bad = [one for one in json.loads(found.output) if one["state"] == "bad"]
        assert [one["matter"] for one in bad] == ["keys"]
        assert all(one["advice"] for one in bad)

    def test_everything_in_one_place(self, settings):
        assert ("media", "look") in self.states(settings)

    def test_keys_others_can_read(self, settings):
        settings.keystore[0].chmod(0o755)
        assert ("keys", "bad") in self.states(settings)

    def test_older_schema(self, settings):
        engine = make_engine(settings.database_url)
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        engine.dispose()
        assert ("schema", "bad") in self.states(settings)

    def test_no_database(self, settings, tmp_path):
        nowhere = settings.model_copy(update={"database_url": "postgresql://x@127.0.0.1:1/x?connect_timeout=1"})
        assert ("database", "bad") in self.states(nowhere)


class TestBill:
    def test_it_works(self):
        made = bill.bill()
        names = {one["name"].lower() for one in made["components"]}
        assert {"fastapi", "sqlalchemy", "pynacl", "typst"} <= names
        assert "pytest" not in names
        assert all(one["purl"].startswith("pkg:pypi/") for one in made["components"])
        assert bill.bill() == made

    def test_every_dependency_is_a_component(self):
        made = bill.bill()
        known = {one["bom-ref"] for one in made["components"]} | {made["metadata"]["component"]["bom-ref"]}
        assert all(set(one["dependsOn"]) <= known for one in made["dependencies"])


class TestDrill:
    def test_it_works(self, settings, run):
        engine = make_engine(settings.database_url)
        back_up(engine, settings.var_dir / "backups", now=datetime.now(UTC))
        engine.dispose()
        found = run("drill")
        assert found.exit_code == 0, found.output
        assert "restored and checked" in found.output

    def test_without_a_backup(self, run):
        assert run("drill").exit_code == 2

    def test_never_into_the_service_itself(self, settings, run):
        engine = make_engine(settings.database_url)
        back_up(engine, settings.var_dir / "backups", now=datetime.now(UTC))
        engine.dispose()
        assert run("drill", "--into", settings.database_url).exit_code == 2
