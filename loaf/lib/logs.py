"""Log lines that input cannot forge."""

import logging


class OneLine(logging.Filter):
    """Fold line breaks of a message's arguments, so that nobody can write a second log line through a form."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.args and isinstance(record.args, tuple):
            record.args = tuple(a.replace("\r", "\\r").replace("\n", "\\n") if isinstance(a, str) else a for a in record.args)
        return True
