"""The whole service on a port of this machine, with a database file, a keystore and a clock of its own."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import uvicorn
from sqlalchemy import Engine
from sqlmodel import Session

from server import deps
from server.app import create_app
from server.settings import Settings
from surveys.database import transaction, upgrade
from surveys.invitations import personal_secret
from surveys.keystore import Keystore
from surveys.models import Invitation, Round
from tests.factories import NOW, share_fonts


@dataclass
class Service:
    """Where it answers and what it keeps; a test may move its clock."""

    url: str
    folder: Path
    engine: Engine
    keystore: Keystore
    now: datetime = field(default=NOW)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Commits at the end, as the service does."""
        with transaction(self.engine) as session:
            yield session

    def secret_of(self, round_: Round, invitation: Invitation) -> str:
        return personal_secret(self.keystore.load(round_.id), invitation.id)

    def link_of(self, round_: Round, invitation: Invitation) -> str:
        return f"{self.url}/i#{self.secret_of(round_, invitation)}"


@contextmanager
def running_service(folder: Path, *, database: str = "") -> Iterator[Service]:
    """On an upgraded database, or on a file of its own."""
    if not database:
        database = f"sqlite:///{folder / 'rapport.db'}"
        upgrade(database)
    share_fonts(folder)
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = Settings(
        var_dir=folder,
        database_url=database,
        keystore=(folder / "keys-a", folder / "keys-b"),
        secret_key_file=folder / "secret-key",
        base_url=url,
    )
    app = create_app(settings)
    service = Service(url, folder, app.state.engine, app.state.keystore)
    app.dependency_overrides[deps.read_clock] = lambda: service.now
    app.dependency_overrides[deps.is_second_factor_required] = lambda: False
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield service
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
        app.state.engine.dispose()
