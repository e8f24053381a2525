import pytest

from reluscope.errors import KeyReused
from reluscope.server import idempotency
from reluscope.server.idempotency import Answers


def test_an_unknown_key_finds_nothing():
    assert Answers().find("key", "body") is None


def test_a_known_key_with_its_body_finds_the_run():
    answers = Answers()
    answers.keep("key", "body", "run")
    answers.keep("other", "body", "another run")
    assert answers.find("key", "body") == "run"


def test_a_known_key_with_another_body_is_refused():
    answers = Answers()
    answers.keep("key", "body", "run")
    with pytest.raises(KeyReused):
        answers.find("key", "another body")


def test_the_oldest_keys_are_forgotten(monkeypatch):
    monkeypatch.setattr(idempotency, "MAX_KEYS", 3)
    answers = Answers()
    for number in range(5):
        answers.keep(f"key {number}", "body", f"run {number}")
    found = [answers.find(f"key {number}", "body") for number in range(5)]
    assert found == [None, None, "run 2", "run 3", "run 4"]
