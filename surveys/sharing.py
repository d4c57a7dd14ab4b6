"""A secret in several hands: any `needed` of the shares give it back, fewer say nothing about it (Shamir 1979).

The secret is the value at zero of a random polynomial of degree `needed` - 1 over a prime field; shares are its values
at 1, 2, 3, ...
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

PRIME = 2**255 - 19
SIZE = 32  # bytes of one number of the field


def new_secret() -> int:
    return secrets.randbelow(PRIME)


def split(secret: int, *, needed: int, holders: int) -> dict[int, int]:
    """One share per holder, by its place 1, 2, ...; any `needed` of them give the secret back."""
    if not 1 <= needed <= holders < PRIME:
        raise ValueError(f"{needed} of {holders} shares cannot be needed")
    if not 0 <= secret < PRIME:
        raise ValueError("the secret is not a number of the field")
    polynomial = [secret, *(secrets.randbelow(PRIME) for _ in range(needed - 1))]
    return {place: _value(polynomial, place) for place in range(1, holders + 1)}


def combine(shares: Mapping[int, int]) -> int:
    """The secret, if enough of its own shares are given; otherwise some other number, which nothing tells apart."""
    if not shares or any(place % PRIME == 0 for place in shares):
        raise ValueError("shares lie at places other than zero")
    return sum(value * _weight(place, shares) for place, value in shares.items()) % PRIME


def _value(polynomial: list[int], place: int) -> int:
    total = 0
    for coefficient in reversed(polynomial):
        total = (total * place + coefficient) % PRIME
    return total


def _weight(place: int, places: Mapping[int, int]) -> int:
    """Lagrange's weight of this place in the value at zero."""
    above = below = 1
    for other in places:
        if other != place:
            above = above * other % PRIME
            below = below * (other - place) % PRIME
    return above * pow(below, -1, PRIME) % PRIME
