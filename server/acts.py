"""Acts on record in the reader's language. The record itself is in English: it is chained, and never rewritten."""

from __future__ import annotations

import re

from server.languages import translator
from server.pages import Words
from server.wording import N_

ACTS = (
    N_("accepted an invitation"),
    N_("began a rehearsal of the key codes"),
    N_("changed the dates of a round"),
    N_("changed the password"),
    N_("closed an account"),
    N_("ended everybody's logins"),
    N_("ended the logins of an account"),
    N_("corrected an address"),
    N_("declared a person gone"),
    N_("logged in"),
    N_("made a link for a new password"),
    N_("prepared a round"),
    N_("set a new password"),
    N_("set up the first account"),
    N_("set up the second factor"),
    N_("showed all links"),
    N_("showed one link again"),
    N_("started a round"),
    N_("took the second factor off an account"),
)
WITH_WORDS = (
    (re.compile(r"set the list to (?P<count>\d+) people"), N_("set the list to {count} people")),
    (re.compile(r"invited (?P<who>\S+) as (?P<role>\w+)"), N_("invited {who} as {role}")),
    (re.compile(r"took the place of (?P<who>\S+) as (?P<role>\w+)"), N_("took the place of {who} as {role}")),
)


def act_words(act: str, language: str) -> Words:
    """The act as a reader's language has it; one without a translation stays as it was recorded."""
    _ = translator(language).gettext
    if act in ACTS:
        return Words(_(act), language)
    for pattern, sentence in WITH_WORDS:
        if found := pattern.fullmatch(act):
            return Words(_(sentence).format(**found.groupdict()), language)
    return Words(act, "en")
