"""Texts as people write them: announced limits, nothing cut, nothing saved by halves."""

from __future__ import annotations

from surveys.problems import InvalidInput

LONGEST = 4_000
LONGEST_LINE = 200


def checked(text: str, name: str, *, required: bool = False, limit: int = LONGEST) -> str:
    clean = text.replace("\r\n", "\n").strip()
    if required and not clean:
        raise InvalidInput(f"the {name} is empty")
    if len(clean) > limit:
        raise InvalidInput(f"the {name} has {len(clean)} characters; {limit} fit, nothing was cut or saved")
    return clean
