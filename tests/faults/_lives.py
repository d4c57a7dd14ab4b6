"""A server with many lives: killed, it is born again in a tenth of a second, as a supervisor would start it.

python -m tests.faults._lives HOST PORT    settings from RAPPORT_..., the pid of each life to the file RAPPORT_TEST_PID;
RAPPORT_TEST_PATIENCE: seconds without a byte of a body; the file of the pid with .fsize: no file may grow beyond so
many bytes, in the next life (a full disk)
"""

from __future__ import annotations

import os
import resource
import signal
import socket
import sys
from pathlib import Path

import uvicorn

from server import app as application
from server import security
from server.settings import Settings


def main(host: str, port: int) -> None:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(512)
    settings = Settings()
    assets = application.load_assets(settings.var_dir)
    application.load_assets = lambda _folder: assets  # compressed once for all lives
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    while True:
        child = os.fork()
        if child == 0:
            live(settings, listener)
        Path(os.environ["RAPPORT_TEST_PID"]).write_text(str(child))
        try:
            os.waitpid(child, 0)
        except SystemExit:
            os.kill(child, signal.SIGKILL)
            raise


def live(settings: Settings, listener: socket.socket) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    limit = Path(os.environ["RAPPORT_TEST_PID"]).with_suffix(".fsize")
    if limit.exists():
        most = int(limit.read_text())
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    security.PATIENCE = float(os.environ.get("RAPPORT_TEST_PATIENCE", security.PATIENCE))
    config = uvicorn.Config(application.create_app(settings), log_config=None, access_log=False, lifespan="off")
    uvicorn.Server(config).run(sockets=[listener])
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
