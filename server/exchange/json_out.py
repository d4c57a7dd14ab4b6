"""Releases as JSON: for programs, with the same bands, flags and sections by audience as every other file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from server.exchange.codebook import CodeLine
from server.exchange.tidy import Segments, Sheaf, TidyRow, band_of, flag_of, notes_of
from server.technical_words import about
from server.wording import Wording
from surveys.releases import Cell, Release

ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False)  # made once: making one costs more than a line
LINES = 500  # sent at a time
NOT_GIVEN = ("people", "organizations")  # head-counts: the response stands in the cells, in bands


def document(sheaf: Sheaf, number: int) -> dict[str, Any]:
    """One release whole, as its audience may see it."""
    segments = Segments()
    for release, wording in zip(sheaf.releases, sheaf.wordings, strict=True):
        segments.enter(release)
        if release.round_number == number:
            return _document(sheaf.code, release, wording, segments)
    raise KeyError(number)


def _document(code: str, release: Release, wording: Wording, segments: Segments) -> dict[str, Any]:
    provenance = {name: value for name, value in release.provenance.items() if name not in NOT_GIVEN}
    return {
        **heading(code, release),
        "instrument_digest": release.instrument_digest,
        "dyadic_mode": release.dyadic_mode,
        "disclosure_level": release.disclosure_level,
        "partners": [{**asdict(one), "names": dict(one.names)} for one in release.partners],
        "cells": [cell_document(cell, wording, segments) for cell in release.cells],
        "agenda": [asdict(one) for one in release.agenda],
        "comments": [asdict(one) for one in release.comments],
        "facts": [asdict(one) for one in release.facts],
        "markers": [{**asdict(one), "on": one.on.isoformat()} for one in release.markers],
        "annotations": list(release.annotations),
        "provenance": provenance,
    }


def heading(code: str, release: Release) -> dict[str, Any]:
    """What a release says of itself."""
    return {
        "partnership": release.partnership,
        "partnership_code": code,
        "round": release.round_number,
        "round_label": release.round_label,
        "closed_on": release.closed_on.isoformat(),
        "revision": release.revision,
        "digest": release.provenance.get("digest", ""),
        "imported": bool(release.provenance.get("imported", False)),
        "instrument": release.instrument,
        "version": release.instrument_version,
    }


def cell_document(cell: Cell, wording: Wording, segments: Segments) -> dict[str, Any]:
    """One number, or the flag that says why there is none."""
    return {
        "estimate": cell.estimate,
        "construct": cell.target,
        "construct_name": about(cell.target, wording),
        "population": cell.population,
        "audience": cell.audience,
        "segment": segments.of(cell.target, wording.instrument),
        "value": cell.value,
        "low": cell.low,
        "high": cell.high,
        "n_band": band_of(cell) or None,
        "flag": flag_of(cell),
        "word": cell.word,
        "notes": list(notes_of(cell)),
        "p": cell.p,
        "question": cell.question,
        "method": cell.method,
    }


def to_json(body: Mapping[str, Any]) -> bytes:
    """Readable, and the same for the same content."""
    return (json.dumps(body, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()


def rows_json(rows: Sequence[TidyRow], codes: Sequence[CodeLine]) -> Iterator[bytes]:
    """The tidy table with its codebook, in pieces of many lines."""
    yield b'{"codebook": ' + json.dumps([asdict(one) for one in codes], ensure_ascii=False).encode() + b',\n"rows": ['
    for first in range(0, len(rows), LINES):
        lines = [_line(row) for row in rows[first : first + LINES]]
        yield (",\n" if first else "\n").encode() + ",\n".join(lines).encode()
    yield b"\n]}\n"


def _line(row: TidyRow) -> str:
    return ENCODER.encode({**row._asdict(), "closed_on": row.closed_on.isoformat()})
