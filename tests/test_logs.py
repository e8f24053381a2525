"""A line for each thing that happens, and nothing that looks like another."""

import json
import logging
import sys

import pytest

from reluscope import logs


def made(
    message: str, *args: object, name: str = "reluscope.x", **extra: object
) -> logging.LogRecord:
    """A record as logging makes it."""
    return logging.getLogger(name).makeRecord(
        name, logging.INFO, __file__, 1, message, args, None, extra=extra
    )


@pytest.fixture(params=["text", "json"])
def written(request):
    """A record as it would be written in that form, by what dictConfig is given."""
    formatter = logs.configuration(request.param, "info")["formatters"][request.param]["()"]()
    return formatter.format


INJECTED = "a\nERROR b\r\x1b[31m\u2028\u202e\x00\ud800"


def test_a_line_stays_one_whatever_is_in_it(written):
    line = written(made("path %s", INJECTED, path=INJECTED))
    assert len(line.splitlines()) == 1
    assert line.isprintable()
    assert "ERROR b" in line
    line.encode("ascii")


def test_what_was_raised_cannot_pose_as_a_line(written):
    record = made("it went wrong")
    try:
        int(INJECTED)
    except ValueError:
        record.exc_info = sys.exc_info()
    first, *others = written(record).splitlines()
    assert "it went wrong" in first
    assert all(line.startswith("    ") and line.isprintable() for line in others)
    assert "ValueError" in written(record)


def test_json_has_the_time_the_level_the_logger_the_message_and_what_else_is_known():
    record = made("took %d ms", 5, status=200)
    record.created, record.msecs = 1e9 + 0.25, 250
    record.color_message = "took %d ms"
    assert json.loads(logs.Json().format(record)) == {
        "time": "2001-09-09T01:46:40.250Z",
        "level": "INFO",
        "logger": "reluscope.x",
        "message": "took 5 ms",
        "status": 200,
    }


def test_text_has_the_time_the_level_the_message_and_the_request():
    record = made("took %d ms", 5, request_id="r1")
    record.created, record.msecs = 1e9 + 0.25, 250
    assert logs.Text().format(record) == "2001-09-09T01:46:40.250Z INFO     took 5 ms [r1]"


def test_what_is_logged_within_a_request_bears_its_id():
    outside, inside = made("a"), made("b")
    logs.Requests().filter(outside)
    with logs.of_request("r1"):
        logs.Requests().filter(inside)
    assert not hasattr(outside, "request_id")
    assert inside.request_id == "r1"


def test_uvicorns_lines_with_the_query_of_a_socket_are_dropped():
    line = made('%s - "WebSocket %s" [accepted]', "::1", "/api/live?token=x", name="uvicorn.error")
    assert not logs.Requests().filter(line)
    assert logs.Requests().filter(made("Uvicorn running on %s", "http://[::1]:1"))


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_others_may_not_tell_of_headers(level):
    told = logs.configuration("text", level)
    assert told["loggers"]["reluscope"]["level"] == level.upper()
    assert told["loggers"]["uvicorn"]["level"] != "DEBUG"
    assert told["root"]["level"] in ("WARNING", "ERROR")
