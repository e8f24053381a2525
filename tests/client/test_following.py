"""What is followed, message by message, without a socket."""

import json
import uuid

import numpy as np
import pytest

from reluscope.blocks import Losses, encode
from reluscope.client import BadAnswer, Deleted
from reluscope.client.following import NAMED, Following

A, B = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))


def losses(run_id, first, count):
    return encode(Losses(run_id, first, np.arange(first, first + count, dtype=np.float64), 0.0))


def view(run_id, status, iteration):
    names = (
        "loss",
        "min_loss",
        "rate",
        "started_at",
        "ended_at",
        "reason",
        "worker",
        "environment",
    )
    known = {"id": run_id, "spec": {}, "status": status, "iteration": iteration, "created_at": 0.0}
    return json.dumps({"type": "runs", "runs": [known | dict.fromkeys(names)]})


def test_it_is_over_once_each_has_ended_and_been_read():
    following = Following({A: 0})
    following.begin()
    list(following.take(view(A, "finished", 5)))
    assert not following.is_over
    list(following.take(losses(A, 0, 5)))
    assert following.is_over


def test_that_a_run_had_ended_is_forgotten_with_the_connection():
    following = Following({A: 0})
    following.begin()
    list(following.take(view(A, "finished", 5)))
    following.begin()  # of a server that has crashed, and trains on from before that end
    list(following.take(losses(A, 0, 5)))
    assert not following.is_over


def test_many_are_watched_by_several_messages_each_from_where_it_is():
    cursors = {str(uuid.UUID(int=number)): number for number in range(2 * NAMED + 1)}
    watched = [json.loads(message)["runs"] for message in Following(cursors).begin()]
    assert [len(each) for each in watched] == [NAMED, NAMED, 1]
    assert watched[0] | watched[1] | watched[2] == cursors


def test_what_still_comes_of_a_run_that_is_gone_is_left_out():
    following = Following({A: 0, B: 0})
    following.begin()
    assert list(following.take(json.dumps({"type": "gone", "ids": [A]}))) == [Deleted(A)]
    (block,) = following.take(losses(A, 0, 3) + losses(B, 0, 2))
    assert (block.run_id, block.stop) == (B, 2)


def test_a_gap_and_what_is_no_block_are_told():
    following = Following({A: 0})
    following.begin()
    for message in (losses(A, 1, 3), b"\2" * 40, losses(A, 0, 3)[:-1]):
        with pytest.raises(BadAnswer):
            list(following.take(message))
