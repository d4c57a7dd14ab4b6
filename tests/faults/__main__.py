"""`python3 run.py faults`: the long version, with figures. Everything on this machine, in a folder of its own.

--kills 1000 --people 200 --times 50    the goal of the project (10,000 acknowledged answers); by default a tenth
--only kill chaos disk lock fsync       some of them                --json FILE    for another program
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults._field import Ledger, ask, kill_often, life, people
from tests.faults._proxy import proxy

Result = dict[str, Any]
MUST_BE_NOTHING = ("lost", "twice", "never sent", "gave up")


def kill(place: Path, given: argparse.Namespace, chance: random.Random) -> Result:
    """kill -9 at random moments under load."""
    ledger = ask(place, given.people)
    with life(place) as server, people(ledger, lambda: server.address, clients=8, times=given.times) as done:
        killed = kill_often([server], done, given.kills, chance)
    return summary(ledger, place, kills=killed)


def chaos(place: Path, given: argparse.Namespace, chance: random.Random) -> Result:
    """A line that refuses, cuts, drops and doubles requests."""
    ledger = ask(place, given.people)
    times = max(2, given.times // 5)
    with life(place) as server, proxy([server.address], chaos=chance) as line:
        with people(ledger, lambda: line.address, clients=8, times=times, pause=0.01):
            pass
        hurt = {f"line: {act}": count for act, count in sorted(line.done.items()) if act != "pass"}
    return summary(ledger, place, **hurt)


def disk(place: Path, given: argparse.Namespace, chance: random.Random) -> Result:
    """No room for files to grow, again and again, then room."""
    ledger = ask(place, given.people)
    rounds = 0
    with life(place) as server:
        limit = server.pid_file.with_suffix(".fsize")
        with people(ledger, lambda: server.address, clients=4, times=max(2, given.times // 10)) as done:
            while rounds < 10 and not done():
                size = max(one.stat().st_size for one in place.glob("rapport.db*"))
                limit.write_text(str(size + chance.randrange(16, 256) * 1024))
                server.kill()
                time.sleep(2)
                limit.unlink()
                server.kill()
                time.sleep(1)
                rounds += 1
    return summary(ledger, place, times_full=rounds)


def lock(place: Path, given: argparse.Namespace, _chance: random.Random) -> Result:
    """Another program holds the lock of the database for 3 s, then longer than anybody waits (12 s)."""
    ledger = ask(place, given.people)
    with life(place) as server:
        for seconds in (3, 12):
            other = sqlite3.connect(place / "rapport.db", isolation_level=None, check_same_thread=False)
            other.execute("BEGIN IMMEDIATE")
            threading.Timer(seconds, lambda one=other: one.execute("COMMIT")).start()
            with people(ledger, lambda: server.address, clients=8):
                pass
    return summary(ledger, place)


def fsync(place: Path, given: argparse.Namespace, _chance: random.Random) -> Result:
    """Every third sync of the disk fails, or says it worked without having been done, and the process is killed."""
    if shutil.which("strace") is None:
        return {"NOT RUN": "strace is not installed: apt-get install strace"}
    ledger = ask(place, given.people)
    injected = 0
    with (
        life(place) as server,
        people(ledger, lambda: server.address, clients=4, times=max(2, given.times // 10)) as done,
    ):
        for what in ("error=EIO:when=3+3", "retval=0:when=2+2") * 3:
            if done():
                break
            injected += strace(server.pid, what, seconds=3, log=place / "strace.log")
            server.kill()
            time.sleep(0.5)
    return summary(ledger, place, faults_injected=injected)


def strace(pid: int, what: str, *, seconds: float, log: Path) -> int:
    """How many calls were tampered with."""
    command = ["strace", "-f", "-p", str(pid), "-e", "trace=fsync,fdatasync", "-e", f"inject=fsync,fdatasync:{what}"]
    with log.open("wb") as out:
        tracer = subprocess.Popen(command, stdout=out, stderr=out)
        time.sleep(seconds)
        tracer.terminate()
        tracer.wait(timeout=10)
    return log.read_text(errors="replace").count("(INJECTED)")


def summary(ledger: Ledger, place: Path, **more: Any) -> Result:
    whole = sqlite3.connect(place / "rapport.db").execute("PRAGMA integrity_check").fetchone()[0]
    return {**more, "acknowledged": ledger.replies, "tries": ledger.tries, **ledger.compare(place), "database": whole}


WORKS: dict[str, Callable[[Path, argparse.Namespace, random.Random], Result]] = {
    "kill": kill,
    "chaos": chaos,
    "disk": disk,
    "lock": lock,
    "fsync": fsync,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=list(WORKS), default=list(WORKS))
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else random.SystemRandom().randrange(10**6)
    print(f"{platform.machine()}, {platform.python_version()}, {time.strftime('%Y-%m-%d %H:%M')}, seed {seed}")
    results: dict[str, Result] = {}
    for name in given.only:
        with tempfile.TemporaryDirectory(prefix="rapport-faults-") as folder:
            start = time.monotonic()
            found = WORKS[name](Path(folder), given, random.Random(seed))
            results[name] = {**found, "seconds": round(time.monotonic() - start, 1)}
        print(f"\n{name}: {(WORKS[name].__doc__ or '').strip()}")
        print("   " + ", ".join(f"{what} {value}" for what, value in results[name].items()), flush=True)
    if given.json:
        given.json.write_text(json.dumps({"seed": seed, **results}, indent=1) + "\n")
    bad = [name for name, one in results.items() if any(one.get(k) for k in ("lost", "twice", "never sent", "gave up"))]
    print(
        f"\n{'NOT AS PROMISED: ' + ', '.join(bad) if bad else 'Nothing acknowledged was lost, nothing is there twice.'}"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
