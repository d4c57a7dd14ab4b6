"""What a benchmark found: a table for people, the same as JSON for programs."""

from __future__ import annotations

import json
import os
import platform
import time
from dataclasses import dataclass, field
from pathlib import Path


def print_machine() -> None:
    when = time.strftime("%Y-%m-%d %H:%M")
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {when}\n", flush=True)


@dataclass
class Figures:
    """Lines of the table: name, value, unit, goal and whether it is reached."""

    lines: list[dict[str, object]] = field(default_factory=list)

    def add(
        self, name: str, value: float, unit: str, *, at_least: float | None = None, below: float | None = None
    ) -> None:
        goal = "" if at_least is None and below is None else f"≥ {at_least:g}" if below is None else f"< {below:g}"
        reached = None if not goal else value >= at_least if below is None else value < below  # type: ignore[operator]  # Type ignore: one of them is there where a goal is
        self.lines.append({"name": name, "value": round(value, 3), "unit": unit, "goal": goal, "reached": reached})
        verdict = "" if reached is None else "reached" if reached else "NOT reached"
        print(f"{name:<58} {value:12,.2f} {unit:<22} {goal:>10} {verdict}", flush=True)

    def save(self, path: Path | None) -> None:
        if path is not None:
            path.write_text(json.dumps(self.lines, indent=1, ensure_ascii=False) + "\n")
