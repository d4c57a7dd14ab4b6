"""What is wrong with a file, said so that its owner can correct it: one sentence each, with line and column."""

from __future__ import annotations

from dataclasses import dataclass, field

from surveys.problems import InvalidInput

LISTED = 20  # more would not be read
QUOTED = 40  # characters of a cell that a sentence repeats


@dataclass
class Faults:
    """The faults of one file. A file with a fault is refused whole."""

    file: str
    outcome: str = "nothing was read"  # what became of everything else
    found: list[tuple[int, int, str]] = field(default_factory=list)  # line, place of the column, sentence
    total: int = 0

    def add(self, line: int, column: str, sentence: str, *, place: int = 0, times: int = 1) -> None:
        """times: how many faults of one kind this one stands for."""
        where = (f"line {line}" if line else "") + (", " if line and column else "")
        where += f"column {_printable(column)}" if column else ""
        self.found.append((line, place, f"{where}: {sentence}" if where else sentence))
        self.total += times

    def refuse(self) -> None:
        """Raise InvalidInput when there was a fault."""
        if not self.total:
            return
        said = [sentence for _, _, sentence in sorted(self.found)[:LISTED]]
        if self.total == 1:
            raise InvalidInput(f"{self.file}, {said[0]}; {self.outcome}", faults=said)
        rest = [f"and {self.total - len(said)} more"] if self.total > len(said) else []
        head = f"{self.file} has {self.total} faults; {self.outcome}:"
        raise InvalidInput("\n  ".join([head, *said, *rest]), faults=said)


def quoted(text: str) -> str:
    """A cell as a sentence may repeat it: short, and without anything a terminal would obey."""
    return f"“{_printable(text.strip())}”"


def _printable(text: str) -> str:
    shown = "".join(sign if sign.isprintable() else "·" for sign in text[: QUOTED + 1])
    return f"{shown[:QUOTED]}…" if len(text) > QUOTED else shown
