"""Keeps two starts of the demonstration from pulling its data away from each other."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

from surveys.problems import SurveyProblem


class DemonstrationRuns(SurveyProblem):
    """Another start of the demonstration uses these data now."""


def claim(folder: Path, *, alone: bool) -> IO[str]:
    """Keep what is returned open: it holds the data until the process ends, whatever ends it."""
    folder.mkdir(parents=True, exist_ok=True)
    held = (folder / "running").open("w")
    try:
        fcntl.flock(held, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        raise DemonstrationRuns(
            "The demonstration is running or being loaded in another window. Stop it there first (Ctrl-C); "
            "nothing was changed."
        ) from None
    return held


def share(held: IO[str]) -> None:
    """Loaded: from now on others may serve the same data."""
    fcntl.flock(held, fcntl.LOCK_SH)
