"""Whom a person is asked about in the personal mode: every partner, or from twelve partners on a share of them."""

from __future__ import annotations

from collections.abc import Sequence

from surveys.instruments import Form

RATED_AT_MOST = 9  # partners, where they are shared out: more would not fit into a quarter of an hour


def partners_to_rate(form: Form, others: Sequence[str], place: int, people: int) -> tuple[str, ...]:
    """The partners that person number `place` of `people` of an organization rates, in the order of `others`.

    Shared out so that somebody of the organization rates each of them; who has room left also rates the next ones.
    A lone informant rates all.
    """
    if not form.is_rotated or people < 2:
        return tuple(others)
    shares = [others[at::people] for at in range(people)]
    turn = [one for step in range(people) for one in shares[(place + step) % people]]
    chosen = set(turn[: max(RATED_AT_MOST, len(shares[place % people]))])
    return tuple(one for one in others if one in chosen)
