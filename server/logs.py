"""What the log may say of a fault: where it happened and of what kind, never the words of the exception.

Those may quote what was being read or written: a name, an address, an answer.
"""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime

LOGGERS = ("rapport", "rapport.ticker", "uvicorn.error", "asyncio")


def places(problem: BaseException) -> str:
    """The lines of code a fault came through, and its kind."""
    cause = problem.__cause__ or problem.__context__
    after = f", after {type(cause).__name__}" if cause else ""
    return "".join(traceback.format_tb(problem.__traceback__)) + type(problem).__name__ + after


class WithoutWords(logging.Filter):
    """Keeps the places of a fault in a record and drops its words."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[1]:
            record.exc_text = places(record.exc_info[1])
            record.exc_info = None
        return True


_WITHOUT_WORDS = WithoutWords()


class JsonLines(logging.Formatter):
    """One JSON object a line, of these fields only: at, level, logger, event, places.

    The event of our own loggers is a sentence we wrote, filled with kinds of problems and identifiers of rounds. Of
    other loggers only the sentence is kept, without what they would fill into it: it may be a visitor's.
    """

    def format(self, record: logging.LogRecord) -> str:
        is_ours = record.name.partition(".")[0] == "rapport"
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="seconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage() if is_ours else str(record.msg),
        }
        if record.exc_info and record.exc_info[1]:
            line["places"] = places(record.exc_info[1])
        elif record.exc_text:
            line["places"] = record.exc_text
        return json.dumps(line, ensure_ascii=True)  # also no escape sequence of a terminal


def write_lines() -> None:
    """Write the log of the service to standard error, a supervisor keeps it. Asked again it changes nothing."""
    root = logging.getLogger()
    if not any(isinstance(handler.formatter, JsonLines) for handler in root.handlers):
        handler = logging.StreamHandler()
        handler.setFormatter(JsonLines())
        root.addHandler(handler)
    root.setLevel(logging.WARNING)


def drop_words() -> None:
    """Hold every logger of the service to it; asked again it changes nothing."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_WITHOUT_WORDS)
