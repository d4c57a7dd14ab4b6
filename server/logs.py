"""What the log may say of a fault: where it happened and of what kind, never the words of the exception.

Those may quote what was being read or written: a name, an address, an answer.
"""

from __future__ import annotations

import logging
import traceback

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


def drop_words() -> None:
    """Hold every logger of the service to it; asked again it changes nothing."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(_WITHOUT_WORDS)
