#!/usr/bin/env python3
"""The one door: sets up everything Rapport needs beside this file, then hands over to its command line.

    python3 run.py demo          a working service with a demonstration programme, on this machine
    python3 run.py test          the whole suite of tests
    python3 run.py bench NAME    benchmarks (analysis, exports)
    python3 run.py faults        kills, full disks, broken lines: what was lost (nothing), with figures
    python3 run.py audit         known weaknesses of the locked packages (needs the network)
    python3 run.py COMMAND       any command of `rapport`: serve, tick, import, analyse, brief ... (--help lists them)

Standard library only, Python 3.11 or later. Installs into .venv from locked, hashed lists;
the second start costs nothing.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
RUNTIME = ROOT / "requirements.lock"
TESTS = ROOT / "tests" / "requirements.lock"
BENCH = ROOT / "tests" / "bench" / "requirements.lock"
CLUSTER = ROOT / "tests" / "cluster.lock"
AUDIT = ROOT / "tests" / "audit.lock"
PROXIES = ("nginx", "caddy")
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
ON_SQLITE = "tests on SQLite"
FEW = 5  # more than this is no accident
DATABASE_FOLDERS = ("tests/surveys", "tests/server", "tests/anonymity", "tests/faults")


def say(sentence: str) -> None:
    print(sentence, flush=True)


def fail(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr, flush=True)
    raise SystemExit(1)


def run(*command: str | Path, **options: object) -> int:
    return subprocess.run([str(part) for part in command], cwd=ROOT, check=False, **options).returncode  # type: ignore[call-overload]  # Type ignore: options are passed through as they are


def apt_install(*packages: str) -> bool:
    """Install Debian packages when we may; False when we may not or they cannot be had."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    install = ("apt-get", "install", "-y", "-q", "--no-install-recommends", *packages)
    return run(*install, **quiet) == 0 or (run("apt-get", "update", "-q", **quiet) == 0 and run(*install, **quiet) == 0)


def make_venv() -> None:
    """An empty virtual environment with pip; Debian and Ubuntu ship ensurepip apart."""
    if importlib.util.find_spec("ensurepip") is None and not apt_install("python3-venv"):
        fail("Python's ensurepip is missing. Please run once:  sudo apt-get install -y python3-venv")
    if run(sys.executable, "-m", "venv", "--clear", VENV) != 0:
        fail(f"The virtual environment {VENV.name} could not be made; the message above says why.")


def uv_requirement() -> str:
    """The part of the lock that pins uv, with its hashes."""
    found = re.search(r"^uv==.*?(?=^\S|\Z)", RUNTIME.read_text(), re.MULTILINE | re.DOTALL)
    if found is None:
        fail("requirements.lock does not pin uv: it is damaged or incomplete.")
    return found.group(0)


def install_uv() -> bool:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as only_uv:
        only_uv.write(uv_requirement())
        only_uv.flush()
        return run(PYTHON, "-m", "pip", "install", "-q", "--no-deps", "--require-hashes", "-r", only_uv.name) == 0


def install(lock: Path) -> None:
    """Install one locked list, once: a stamp beside the environment remembers the list's digest."""
    stamp = VENV / f"{hashlib.sha256(str(lock.relative_to(ROOT)).encode()).hexdigest()[:12]}.stamp"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest() + str(ROOT)
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    if not PYTHON.exists():
        say("Setting up (first start only) ...")
        make_venv()
    locked = ("install", "-q", "--no-deps", "--require-hashes", "-r", lock)
    in_place = ("install", "-q", "--no-deps", "--no-build-isolation", "-e", ROOT)
    uv = VENV / "bin" / "uv"
    if uv.exists() or install_uv():
        done = run(uv, "pip", *locked, "--python", PYTHON) == 0 and run(uv, "pip", *in_place, "--python", PYTHON) == 0
    else:
        say("uv could not be installed; pip does the same more slowly.")
        done = run(PYTHON, "-m", "pip", *locked) == 0 and run(PYTHON, "-m", "pip", *in_place) == 0
    if not done:
        fail(f"The packages of {lock.relative_to(ROOT)} could not be installed; the message above says why.")
    stamp.write_text(wanted)


def find_browser() -> str | None:
    """A headless Chromium for the browser tests: the one there is, else Debian's."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None and apt_install("chromium-headless-shell"):
        found = shutil.which("chromium-headless-shell")
    return found


def find_proxies() -> Path:
    """nginx and Caddy for their tests, unpacked beside this file: nothing is installed, no service is started."""
    home = ROOT / "var" / "proxies"
    missing = [name for name in PROXIES if not list(home.glob(f"usr/*bin/{name}")) and not shutil.which(name)]
    if missing and shutil.which("apt-get") and shutil.which("dpkg"):
        home.mkdir(parents=True, exist_ok=True)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        download = ("apt-get", "download", "-q", *missing)
        if subprocess.run(download, cwd=home, check=False, **quiet).returncode != 0 and os.geteuid() == 0:  # type: ignore[call-overload]  # Type ignore: as above
            run("apt-get", "update", "-q", **quiet)
            subprocess.run(download, cwd=home, check=False, **quiet)  # type: ignore[call-overload]  # Type ignore: as above
        for package in home.glob("*.deb"):
            run("dpkg", "-x", package, home, **quiet)
            package.unlink()
    return home / "usr"


def checks() -> list[tuple[str, list[str | Path]]]:
    """The whole suite, in the order in which failures are cheapest to read."""
    pytest: list[str | Path] = [PYTHON, "-m", "pytest", "-q", "-m", "not slow", "-n", "2", "--dist", "loadfile"]
    return [
        ("style", [VENV / "bin" / "ruff", "check", "."]),
        ("format", [VENV / "bin" / "ruff", "format", "--check", "-q", "."]),
        ("types", [VENV / "bin" / "mypy", "--no-error-summary"]),
        ("arrows between rooms", [VENV / "bin" / "lint-imports"]),
        (ON_SQLITE, [*pytest, "--database=sqlite", "tests"]),
        (
            "tests on PostgreSQL",
            [*pytest, "--database=postgresql", *(f for f in DATABASE_FOLDERS if (ROOT / f).is_dir())],
        ),
    ]


def passes_alone(environment: dict[str, str]) -> bool:
    """Whether nothing failed but a few browser tests, and these pass with the machine to themselves; said loudly.

    Two browsers and two servers on two cores now and then keep a click waiting for longer than any person would.
    """
    remembered = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"
    names = list(json.loads(remembered.read_text())) if remembered.exists() else []
    if not 0 < len(names) <= FEW or not all(name.startswith("tests/browser/") and "::" in name for name in names):
        return False
    say("\n=== browser tests that failed, once more and alone")
    if run(PYTHON, "-m", "pytest", "-q", "--database=sqlite", *names, env=environment) != 0:
        return False
    say("UNSTEADY, passed only alone: " + ", ".join(names))
    return True


def test(arguments: Sequence[str]) -> int:
    """Run everything, or hand the arguments to pytest."""
    install(RUNTIME)
    install(TESTS)
    install(CLUSTER)
    browser, proxies = find_browser(), find_proxies()
    path = os.pathsep.join((os.environ.get("PATH", ""), str(proxies / "sbin"), str(proxies / "bin")))
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", "PATH": path}
    if browser:
        environment["RAPPORT_TEST_BROWSER"] = browser
    if arguments:
        return run(PYTHON, "-m", "pytest", *arguments, env=environment)
    failed = []
    for name, command in checks():
        say(f"\n=== {name}")
        if run(*command, env=environment) != 0 and not (name == ON_SQLITE and passes_alone(environment)):
            failed.append(name)
    if browser is None:
        say("\nNOT RUN: the browser tests: no Chromium.  Run once:  sudo apt-get install -y chromium-headless-shell")
        if os.environ.get("CI") == "true":
            failed.append("browser")
    say(f"\n{'FAILED: ' + ', '.join(failed) if failed else 'Everything passed.'}")
    return 1 if failed else 0


def bench(arguments: Sequence[str]) -> int:
    install(RUNTIME)
    install(BENCH)
    names = sorted(path.stem for path in (ROOT / "tests" / "bench").glob("[a-z]*.py"))
    if not arguments or arguments[0] not in names:
        fail(f"Which benchmark?  python3 run.py bench {'|'.join(names)}")
    return run(PYTHON, "-m", f"tests.bench.{arguments[0]}", *arguments[1:])


def faults(arguments: Sequence[str]) -> int:
    install(RUNTIME)
    install(TESTS)
    return run(PYTHON, "-m", "tests.faults", *arguments)


def audit(arguments: Sequence[str]) -> int:
    """pip-audit in an environment of its own: it is never part of what runs."""
    install(RUNTIME)
    home = ROOT / "var" / "audit"
    if not (home / "bin" / "pip-audit").exists():
        made = run(sys.executable, "-m", "venv", "--clear", home) == 0
        pip = (home / "bin" / "python", "-m", "pip", "install", "-q", "--no-deps", "--require-hashes", "-r", AUDIT)
        if not made or run(*pip) != 0:
            fail("pip-audit could not be installed: the package index cannot be reached. Nothing was checked.")
    code = run(home / "bin" / "pip-audit", "--strict", "--disable-pip", "--require-hashes", "-r", RUNTIME, *arguments)
    if code:
        say("A package above has a known weakness, or their list could not be reached: then nothing was checked.")
    return code


def main(arguments: Sequence[str]) -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - here the version is not known to be right
        fail(f"Rapport needs Python 3.11 or later; this is {sys.version.split()[0]}.")
    if not arguments or arguments[0] in ("-h", "--help"):
        say(__doc__ or "")
        return 0
    if arguments[0] == "test":
        return test(arguments[1:])
    if arguments[0] == "bench":
        return bench(arguments[1:])
    if arguments[0] == "faults":
        return faults(arguments[1:])
    if arguments[0] == "audit":
        return audit(arguments[1:])
    install(RUNTIME)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # or every start would compile a thousand files again
    command = [str(PYTHON), "-m", "server.cli", *arguments]
    return os.execv(PYTHON, command)  # noqa: S606 - the same process, so that Ctrl-C reaches the server itself


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
