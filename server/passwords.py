"""What is said of a password that cannot be taken."""

from __future__ import annotations

from server.languages import translator
from surveys.passwords import LONGEST, SHORTEST
from surveys.problems import WeakPassword


def weakness_words(weak: WeakPassword, language: str) -> str:
    _ = translator(language).gettext
    match weak.details.get("reason"):
        case "short":
            return _("A password needs at least {count} characters. Nothing was changed.").format(count=SHORTEST)
        case "long":
            return _("A password has at most {count} characters. Nothing was changed.").format(count=LONGEST)
        case "frequent":
            return _(
                "Many people use this password, or nearly this one: it stands on the lists that strangers try first. "
                "Four words that do not belong together are better. Nothing was changed."
            )
        case _:
            return _(
                "This password is easily guessed: it holds a name that belongs to you or to a partnership, a common "
                "word, or a row of keys. Four words that do not belong together are better. Nothing was changed."
            )
