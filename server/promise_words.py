"""The words for how a question or a commitment stands."""

from __future__ import annotations

from collections.abc import Callable


def status_words(_: Callable[[str], str]) -> dict[str, str]:
    return {
        "open": _("under discussion"),
        "draft": _("draft, no date yet"),
        "agreed": _("agreed"),
        "done": _("done, not yet verified"),
        "verified": _("done and verified"),
        "dropped": _("dropped"),
    }
