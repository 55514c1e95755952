"""What a log line may hold: what happened and where in the code, never what a row says."""

from __future__ import annotations

import logging
import re
from types import TracebackType

#: PostgreSQL adds the values of a refused row as DETAIL and the statement's place as CONTEXT.
_VALUES = re.compile(r"\n(?:DETAIL|CONTEXT|HINT):.*?(?=\n\n(?:The above|During)|\Z)", re.DOTALL)


class WithoutValues(logging.Formatter):
    """Formats a line and leaves out the values that a database error carries."""

    def formatException(
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        """The traceback, each database error cut before its DETAIL."""
        return _VALUES.sub("\n(values left out)", super().formatException(ei))

    def format(self, record: logging.LogRecord) -> str:
        """The line; a message that quotes a database error is cut in the same way."""
        return _VALUES.sub("\n(values left out)", super().format(record))
