"""Figures for Prometheus, on a port of their own on this machine, so that no proxy can hand them on by mistake.

Without identities, and without a clock on respondents: who sees a counter move learns when somebody handed in. What
respondents do is therefore counted in full hundreds only, and nothing about them is timed.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from fastapi.telemetry import TelemetryConfig
from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from sqlalchemy import Engine
from sqlmodel import Session, func, select

from surveys.keystore import Keystore
from surveys.models import OutboxRow, Round

# a trace of requests would tell who answered when
NOTHING_OBSERVED: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
RESPONDENTS = (
    "/answer",
    "/finish",
    "/finished",
    "/handed-in",
    "/i",
    "/language",
    "/offline",
    "/paper",
    "/position",
    "/privacy",
    "/resume",
    "/stored",
)
STEP = 100  # requests of people are shown in full steps of this many


def group_of(path: str) -> str:
    """Whose pages a path belongs to; never the path itself, which holds identifiers."""
    first = "/" + path.lstrip("/").partition("/")[0]
    if first in RESPONDENTS:
        return "respondents"
    if first in ("/healthz", "/readyz"):
        return "machine"
    return "static" if first == "/static" else "others"


class Tally:
    """Requests by group and kind of answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str]] = Counter()

    def note(self, path: str, status: int) -> None:
        with self._lock:
            self._requests[group_of(path), f"{status // 100}xx"] += 1

    def shown(self) -> dict[tuple[str, str], int]:
        """What may be told. Faults of the service are told exactly: they say nothing of who came.

        Pages of others and static files are rounded too: who opens a link for the first time asks for them.
        """
        with self._lock:
            counts = dict(self._requests)
        return {
            (group, kind): count - count % STEP if group != "machine" and kind != "5xx" else count
            for (group, kind), count in counts.items()
        }


class Figures:
    """Read from the database when they are asked for."""

    def __init__(
        self, engine: Engine, keystore: Keystore, tally: Tally, is_clock_held: Callable[[], bool] = lambda: False
    ) -> None:
        self.engine, self.keystore, self.tally, self.is_clock_held = engine, keystore, tally, is_clock_held

    def collect(self) -> Iterable[Metric]:
        requests = CounterMetricFamily(
            "rapport_requests", "Answers by group of pages; of people in full hundreds.", labels=["group", "status"]
        )
        for (group, status), count in sorted(self.tally.shown().items()):
            requests.add_metric([group, status], count)
        yield requests
        yield GaugeMetricFamily(
            "rapport_key_faults", "Copies of keys that are missing or damaged.", value=len(self.keystore.check())
        )
        yield GaugeMetricFamily(
            "rapport_clock_held",
            "Whether the clock's work waits because the clock of the machine jumped.",
            value=self.is_clock_held(),
        )
        yield from self._of_database()

    def _of_database(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("rapport_database_up", "Whether the database answers.")
        rounds = GaugeMetricFamily("rapport_rounds", "Rounds by state.", labels=["state"])
        try:
            with Session(self.engine) as session:
                for state, count in session.exec(select(Round.state, func.count()).group_by(Round.state)):
                    rounds.add_metric([state], count)
                waiting = session.exec(select(func.count()).select_from(OutboxRow)).one()
        except Exception:  # whatever is wrong with it, the answer is a figure
            up.add_metric([], 0)
            yield up
            return
        up.add_metric([], 1)
        yield from (up, rounds)
        yield GaugeMetricFamily("rapport_outbox_rows", "Rows of mailings not yet consumed, due or not.", value=waiting)


def registry_of(figures: Figures) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(figures)
    ProcessCollector(registry=registry)
    return registry


def serve_metrics(registry: CollectorRegistry, port: int) -> Any:
    """On the loopback address only. Returns what stops it."""
    server, _ = start_http_server(port, addr="127.0.0.1", registry=registry)
    return server
