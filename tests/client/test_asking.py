import numpy as np
import pytest

from reluscope.client.asking import (
    Answer,
    Deadline,
    Lost,
    Patience,
    Request,
    Tries,
    Wait,
    as_json,
    path,
    query,
    refusal,
)
from reluscope.client.errors import BadAnswer, NotConnected, ServerTrouble, TimedOut
from reluscope.client.rim import Settings, parts

URL = "http://here"
REFUSED = Lost("refused", arrived=False)
CUT = Lost("cut off", arrived=True)
LATE = Lost("timed out", arrived=True, late=True)
DONE = Answer(200, {})
STEP = Request("POST", "/step")
READ = Request("GET", "/read", repeats=True)
FOR_LONG = Request("GET", "/read", repeats=True, patient=Deadline(None))
DELETE = Request("DELETE", "/it", repeats=True)


def tries(request, retries=3, patience=30.0):
    return Tries(request, URL, retries, patience)


def test_what_did_not_arrive_is_sent_again_ever_later_and_not_for_ever():
    trying = tries(STEP)
    waits = [trying.take(REFUSED) for _ in range(3)]
    assert all(isinstance(wait, Wait) for wait in waits)
    assert waits[0].seconds < waits[1].seconds < waits[2].seconds
    with pytest.raises(NotConnected, match="nobody answers at http://here"):
        trying.take(REFUSED)


def test_what_may_have_arrived_is_sent_again_only_where_that_is_the_same():
    assert isinstance(tries(READ).take(CUT), Wait)
    with pytest.raises(NotConnected):
        tries(STEP).take(CUT)


def test_an_answer_that_is_late_is_not_waited_for_again():
    for request in (STEP, READ):
        with pytest.raises(TimedOut, match=r"Client\(timeout=...\)"):
            tries(request).take(LATE)
    assert isinstance(tries(FOR_LONG).take(LATE), Wait)


def test_a_patient_request_goes_on_until_its_patience_is_over():
    trying, waited = tries(FOR_LONG, retries=0), []

    def wait():
        while True:
            waited.append(trying.take(REFUSED).seconds)

    with pytest.raises(NotConnected):
        wait()
    assert sum(waited) == pytest.approx(30)


def test_patience_is_whole_again_once_the_server_is_there():
    patience = Patience(1.0)
    first = patience.next()
    while patience.next() is not None:
        pass
    patience.connected()
    assert patience.next() < 2 * first


def test_a_patient_request_is_given_up_when_its_time_is_over():
    for lost in (REFUSED, LATE):
        over = Request("GET", "/read", repeats=True, patient=Deadline(0))
        with pytest.raises(TimedOut, match="in vain"):
            tries(over).take(lost)
    soon = Request("GET", "/read", repeats=True, patient=Deadline(5))
    assert tries(soon).take(Answer(503, {"retry-after": "30"})).seconds < 6
    settings = Settings(timeout=30, retries=3, patience=120, context=None)
    assert [parts(each, settings)["timeout"] <= 5 for each in (soon, FOR_LONG)] == [True, False]


def test_the_server_is_given_the_time_that_it_asks_for():
    busy = Answer(429, {"retry-after": "7"})
    trying = tries(STEP, retries=1)
    assert trying.take(busy).seconds == 7
    assert trying.take(busy) is busy
    for too_long in ("3600", "Mon, 30 Nov 2026 00:00:00 GMT"):
        answer = Answer(429, {"retry-after": too_long})
        assert tries(STEP).take(answer) is answer


def test_a_server_that_is_unavailable_is_asked_again_where_that_is_the_same():
    for status in (502, 503, 504):
        unavailable = Answer(status, {})
        assert tries(READ).take(unavailable).seconds < 1
        assert tries(STEP).take(unavailable) is unavailable
        ready = Request("GET", "/readyz", repeats=True, waits=False)
        assert tries(ready).take(unavailable) is unavailable


def test_what_was_deleted_though_the_answer_was_lost_is_deleted():
    gone = Answer(404, {})
    assert tries(DELETE).take(gone) is gone
    for lost, status in ((CUT, 204), (REFUSED, 404)):
        trying = tries(DELETE)
        trying.take(lost)
        assert trying.take(gone).status == status
    trying = tries(READ)
    trying.take(CUT)
    assert trying.take(gone) is gone


def test_a_body_has_numpy_as_plain_numbers_and_what_is_not_finite_by_name():
    body = {"a": np.float32(0.5), "b": np.array([1, 2]), "c": (np.nan, range(2)), "d": np.inf}
    assert as_json(body) == b'{"a": 0.5, "b": [1, 2], "c": ["NaN", [0, 1]], "d": "Infinity"}'


def test_paths_and_queries_hold_whatever_is_given():
    assert path("runs", "a/../b?c") == "/api/runs/a%2F..%2Fb%3Fc"
    told = query(status=["paused", "failed"], q="a b", after=None, limit=3, x=True)
    assert told == (
        ("status", "paused"),
        ("status", "failed"),
        ("q", "a b"),
        ("limit", "3"),
        ("x", "true"),
    )


def test_a_refusal_is_told_by_all_that_the_problem_has():
    body = (
        b'{"type": "urn:reluscope:problem:too-many", "title": "T", "status": 503, "detail": "D",'
        b' "limit": {"name": "runs", "maximum": 5}, "instance": "urn:reluscope:request:1"}'
    )
    error = refusal(Answer(503, {"content-type": "application/problem+json"}, body))
    assert isinstance(error, ServerTrouble)
    assert (error.kind, error.title, error.detail, error.errors) == ("too-many", "T", "D", ())
    assert (error.limit["maximum"], error.instance) == (5, "urn:reluscope:request:1")
    for media_type, body in (("text/html", b"<html>"), ("application/json", b"[]")):
        assert isinstance(refusal(Answer(500, {"content-type": media_type}, body)), BadAnswer)
    with pytest.raises(BadAnswer, match="expected JSON"):
        refusal(Answer(500, {"content-type": "application/json"}, b"{"))
