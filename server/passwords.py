"""What is said of a password that cannot be taken."""

from __future__ import annotations

from server.languages import translator
from surveys.accounts import LONGEST_PASSWORD, SHORTEST_PASSWORD
from surveys.problems import WeakPassword


def weakness_words(weak: WeakPassword, language: str) -> str:
    _ = translator(language).gettext
    match weak.details.get("reason"):
        case "short":
            return _("A password needs at least {count} characters. Nothing was changed.").format(
                count=SHORTEST_PASSWORD
            )
        case "long":
            return _("A password has at most {count} characters. Nothing was changed.").format(count=LONGEST_PASSWORD)
        case _:
            return _(
                "This password is easily guessed: it holds your name, a common word or a row of keys. "
                "Four words that do not belong together are better. Nothing was changed."
            )
