"""The red banner of the keys: what is wrong with their copies, worst first."""

from __future__ import annotations

from surveys.keystore import Keystore


def alarm_of(keystore: Keystore) -> str:
    """ "lost": a key has no intact copy; "absent": a replica is not in its place; "damaged"; or "" for all is well."""
    if keystore.lost():
        return "lost"
    if keystore.absent():
        return "absent"
    return "damaged" if keystore.check() else ""
