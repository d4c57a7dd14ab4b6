"""The parts of an instrument while the rows of an XLSForm are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from server.exchange.xlsform_sheets import Line
from surveys.instruments import Texts


@dataclass
class Group:
    """A group or repeat that is open at this row."""

    name: str
    line: Line
    is_repeat: bool
    texts: Texts
    explanations: Texts = field(default_factory=dict)
    is_construct: bool = False


@dataclass
class Form:
    """The parts of the instrument as they are found."""

    constructs: dict[str, dict[str, Any]] = field(default_factory=dict)
    items: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    contact: dict[str, Any] | None = None
    dyads: list[dict[str, Any]] = field(default_factory=list)
    importance: Texts = field(default_factory=dict)
    background: list[dict[str, Any]] = field(default_factory=list)
    open_questions: list[dict[str, Any]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)  # code -> its cell
