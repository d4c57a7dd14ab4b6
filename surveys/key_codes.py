"""The code a key holder writes down: ten groups of five digits, each group with a check digit of its own.

Digits are on every keyboard and are read aloud in every language; Khmer digits are the same digits. Four digits of each
group are random (133 bits in all), the fifth is Damm's check digit started at the group's place: a mistyped digit, two
neighbours swapped and a group at a wrong place are always found, and found in their group.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata

from nacl.public import PrivateKey

from surveys.problems import CodeMistyped

GROUPS, DIGITS = 10, 5
DAMM = (  # a totally anti-symmetric quasigroup of order 10 with zeros on its diagonal
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
LOOK_ALIKES = str.maketrans({"O": "0", "o": "0", "I": "1", "l": "1"})


def new_code() -> str:
    """A new code, groups apart."""
    return " ".join(_with_check(f"{secrets.randbelow(10_000):04d}", place) for place in range(GROUPS))


def read_code(typed: str) -> str:
    """The code as it was meant: spaces, dashes and Khmer digits are forgiven.

    Raises CodeMistyped; its `groups` number the wrong ones from 1, none when there are not fifty digits.
    """
    groups = _groups(typed[:500])
    if groups is None:
        raise CodeMistyped("a code has ten groups of five digits", groups=())
    wrong = tuple(place + 1 for place, group in enumerate(groups) if not _is_right(group, place))
    if wrong:
        raise CodeMistyped(f"groups {', '.join(map(str, wrong))} are mistyped", groups=wrong)
    return " ".join(groups)


def private_key(code: str) -> PrivateKey:
    """The key pair of whoever holds this code."""
    digest = hashlib.blake2b(read_code(code).encode(), digest_size=PrivateKey.SIZE, person=b"rapport key code")
    return PrivateKey(digest.digest())


def _groups(typed: str) -> list[str] | None:
    """Ten groups, as they were set apart or counted off; None when they are not ten."""
    plain = "".join(_digit(letter) for letter in unicodedata.normalize("NFKC", typed).translate(LOOK_ALIKES))
    apart = re.findall(r"\d+", plain)
    if len(apart) == GROUPS:
        return apart
    joined = "".join(apart)
    if len(joined) != GROUPS * DIGITS:
        return None
    return [joined[at : at + DIGITS] for at in range(0, len(joined), DIGITS)]


def _digit(letter: str) -> str:
    """This digit in Latin; a space for everything that is none, nothing for what cannot be seen."""
    if unicodedata.category(letter) == "Cf":
        return ""
    found = unicodedata.decimal(letter, None)
    return " " if found is None else str(found)


def _with_check(digits: str, place: int) -> str:
    return f"{digits}{_state(digits, place)}"


def _is_right(group: str, place: int) -> bool:
    return len(group) == DIGITS and _state(group, place) == 0


def _state(digits: str, place: int) -> int:
    state = place
    for digit in digits:
        state = DAMM[state][int(digit)]
    return state
