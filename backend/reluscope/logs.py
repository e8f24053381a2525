"""Logs: how what happens is written down, a line for each thing, as text or as JSON.

Everything that is logged in this process goes to stderr in one of the two forms, uvicorn's own lines
too. No line holds a token, a cookie, a query or a body, and none can be made to look like two.
"""

import contextlib
import logging
import logging.config
import time
import uuid
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, Final, Literal

from pythonjsonlogger.json import JsonFormatter

Form = Literal["text", "json"]

request_id: Final[ContextVar[str | None]] = ContextVar("request_id", default=None)
"""The id of the request that is being answered, for whatever is logged meanwhile."""

HEADER: Final = "X-Request-ID"

TIME = "%Y-%m-%dT%H:%M:%S"

NOT_FIELDS = (
    *("args", "asctime", "color_message", "created", "exc_info", "exc_text", "filename"),
    *("funcName", "levelname", "levelno", "lineno", "message", "module", "msecs", "msg", "name"),
    *("pathname", "process", "processName", "relativeCreated", "stack_info", "taskName", "thread"),
    "threadName",
)
"""What a record has beside what was said of it: the message in colours is uvicorn's."""


def new_id() -> str:
    """An id for a request that has none."""
    return uuid.uuid4().hex


@contextlib.contextmanager
def of_request(known: str) -> Iterator[str]:
    """While inside, what is logged is of that request."""
    token = request_id.set(known)
    try:
        yield known
    finally:
        request_id.reset(token)


def set_up(form: Form, level: str) -> None:
    """Have all that is logged in this process go to stderr in that form, from that level on."""
    logging.config.dictConfig(configuration(form, level))


def configuration(form: Form, level: str) -> dict[str, Any]:
    """What logging's dictConfig takes. Of what others than this package log there are warnings alone:
    at debug, websockets and httpx would tell of headers and whole addresses."""
    own, others = level.upper(), "ERROR" if level == "error" else "WARNING"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"text": {"()": Text}, "json": {"()": Json}},
        "filters": {"requests": {"()": Requests}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": form,
                "filters": ["requests"],
            }
        },
        "root": {"handlers": ["stderr"], "level": others},
        "loggers": {
            "reluscope": {"level": own},
            "uvicorn": {"level": uvicorn_level(level).upper(), "handlers": [], "propagate": True},
        },
    }


def uvicorn_level(level: str) -> str:
    """From which level on uvicorn's own lines are logged: it has websockets tell it, at debug, every
    header that comes."""
    return "info" if level == "debug" else level


class Requests(logging.Filter):
    """Gives records the id of their request, and drops uvicorn's lines about sockets: those hold the
    query, and there are others about the same sockets."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether `record` is to be written."""
        if (known := request_id.get()) is not None:
            record.request_id = known
        return not str(record.msg).startswith('%s - "WebSocket ')


class Text(logging.Formatter):
    """For people: time (UTC), level, what happened, and the request in which it did."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)s.%(msecs)03dZ %(levelname)-8s %(message)s", TIME)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """The line."""
        request = getattr(record, "request_id", None)
        line = super().formatMessage(record)
        return printable(line if request is None else f"{line} [{request}]")

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        """Indented, so that no line of what was raised looks like one of the log."""
        lines = super().formatException(ei).splitlines()
        return "\n".join(f"    {printable(line)}" for line in lines)


class Json(JsonFormatter):
    """For machines: an object a line, with `time`, `level`, `logger`, `message` and whatever else is
    known."""

    converter = staticmethod(time.gmtime)
    default_time_format = TIME
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__(
            ["asctime", "levelname", "name", "message"],
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            reserved_attrs=NOT_FIELDS,
        )


def printable(text: str) -> str:
    """`text` with escapes in place of all that would not show as one line of what it is."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
