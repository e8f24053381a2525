"""What the soak must refuse, it refuses: what nobody sees fail holds nothing."""

import json
import random
from dataclasses import replace

import numpy as np
import pytest

from reluscope.blocks import Losses, encode
from reluscope.server.socket.frames import encode_json
from tests.soak.footprint import MORE_FILES, MORE_MIB, MORE_THREADS, Footprint
from tests.soak.ledger import Ledger, Wrong
from tests.soak.reader import Reader
from tests.soak.viewer import Viewer

RUN = "12345678-1234-1234-1234-123456789abc"

OTHER = "abcdefab-1234-1234-1234-123456789abc"

TRUTH = np.array([3.0, 2.5, 2.25, np.inf, -np.inf, np.nan, -0.0, 0.5, 0.25, 0.125])

ANOTHER_NAN = np.array([0xFFF8_0000_0000_0001], np.uint64).view(np.float64)


@pytest.fixture
def ledger():
    made = Ledger()
    made.begin(RUN)
    return made


@pytest.fixture(params=["binary", "json"])
def viewer(request, ledger):
    """Reads the run from its start on; `sends` gives it losses from an iteration on."""
    made = Reader(ledger, told=request.param == "json", lists_all=True, channels=[])
    made.watch({RUN: 0})
    encoded = encode if request.param == "binary" else encode_json
    made.sends = lambda first, losses, of=RUN: made.take(
        encoded(Losses(of, first, np.asarray(losses), 1.0))
    )
    return made


def say(reader, type, **fields):
    reader.take(json.dumps({"type": type, **fields}))


def test_the_truth_is_right(ledger, viewer):
    viewer.sends(0, TRUTH[:4])
    viewer.sends(4, TRUTH[4:])
    ledger.check(RUN, TRUTH, at_rest=True)
    assert viewer.cursors == {RUN: len(TRUTH)}
    assert ledger.points == len(TRUTH)


def test_a_lost_iteration(viewer):
    viewer.sends(0, TRUTH[:4])
    with pytest.raises(Wrong, match="from 5 on, expected 4"):
        viewer.sends(5, TRUTH[5:])


def test_a_doubled_iteration(viewer):
    viewer.sends(0, TRUTH[:4])
    with pytest.raises(Wrong, match="from 3 on, expected 4"):
        viewer.sends(3, TRUTH[3:])


def test_the_same_losses_twice(viewer):
    viewer.sends(0, TRUTH[:4])
    with pytest.raises(Wrong, match="from 0 on, expected 4"):
        viewer.sends(0, TRUTH[:4])


def test_losses_that_came_in_another_order(viewer):
    with pytest.raises(Wrong, match="from 4 on, expected 0"):
        viewer.sends(4, TRUTH[4:])


def test_two_losses_that_are_swapped(ledger, viewer):
    swapped = TRUTH[[0, 2, 1, *range(3, len(TRUTH))]]
    viewer.sends(0, swapped)
    with pytest.raises(Wrong, match=r"iteration 1 is .*2\.5"):
        ledger.check(RUN, TRUTH, at_rest=True)


@pytest.mark.parametrize("at", range(len(TRUTH)))
def test_an_altered_loss(ledger, viewer, at):
    altered = TRUTH.copy()
    altered[at] = 7.0
    viewer.sends(0, altered)
    with pytest.raises(Wrong, match=f"iteration {at} is"):
        ledger.check(RUN, TRUTH, at_rest=True)


@pytest.mark.parametrize(("at", "other"), [(3, -np.inf), (4, np.inf), (5, np.inf), (6, 0.0)])
def test_what_is_not_finite_or_zero_is_told_apart(ledger, viewer, at, other):
    altered = TRUTH.copy()
    altered[at] = other
    viewer.sends(0, altered)
    with pytest.raises(Wrong, match=f"iteration {at} is"):
        ledger.check(RUN, TRUTH, at_rest=True)


def test_another_nan_is_other_bits_and_the_same_text(ledger, viewer):
    viewer.sends(0, np.concatenate([TRUTH[:5], ANOTHER_NAN, TRUTH[6:]]))
    if viewer._told:
        ledger.check(RUN, TRUTH, at_rest=True)
    else:
        with pytest.raises(Wrong, match="iteration 5 is"):
            ledger.check(RUN, TRUTH, at_rest=True)


def test_one_viewer_is_shown_another_curve_than_the_last(ledger, viewer):
    viewer.sends(0, TRUTH)
    another = Reader(ledger, told=viewer._told, lists_all=True, channels=[])
    another.watch({RUN: 2})
    wrong = Losses(RUN, 2, np.array([2.25, 9.0]), 1.0)
    with pytest.raises(Wrong, match=r"iteration 3 is .*9\.0"):
        another.take(encode_json(wrong) if viewer._told else encode(wrong))


def test_more_than_there_is(ledger, viewer):
    viewer.sends(0, TRUTH)
    ledger.check(RUN, TRUTH[:-1], at_rest=False)
    with pytest.raises(Wrong, match="iteration 9 was shown, and there are 9"):
        ledger.check(RUN, TRUTH[:-1], at_rest=True)


def test_losses_of_what_is_not_watched(ledger, viewer):
    ledger.begin(OTHER)
    with pytest.raises(Wrong, match="not watched"):
        viewer.sends(0, TRUTH, OTHER)


def test_losses_after_the_answer_to_what_was_sent_after_unwatch(viewer):
    messages = viewer.unwatch([RUN])
    viewer.sends(0, TRUTH[:2])  # they were on their way
    assert viewer.cursors == {RUN: 2}
    assert viewer.staying == {}
    say(viewer, "pong", t=messages[1]["t"])
    with pytest.raises(Wrong, match="not watched"):
        viewer.sends(2, TRUTH[2:])


def test_losses_after_gone(ledger, viewer):
    with pytest.raises(Wrong, match="is there"):
        say(viewer, "gone", ids=[RUN])
    ledger.deleted.add(RUN)
    say(viewer, "gone", ids=[RUN])
    with pytest.raises(Wrong, match="not watched"):
        viewer.sends(0, TRUTH)


@pytest.mark.parametrize("end", [9, 10])
def test_a_rewind_goes_to_the_end_of_the_curve(ledger, viewer, end):
    ledger.begin(OTHER)
    viewer.watch({OTHER: 20})
    say(viewer, "rewind", runs={OTHER: end})
    assert viewer.cursors[OTHER] == end
    if end == len(TRUTH):
        ledger.check(OTHER, TRUTH, at_rest=True)
    else:
        with pytest.raises(Wrong, match=r"rewinds to \{9\}, and there are 10"):
            ledger.check(OTHER, TRUTH, at_rest=True)


def test_a_rewind_to_where_it_is(viewer):
    viewer.sends(0, TRUTH)
    with pytest.raises(Wrong, match="a rewind to 10"):
        say(viewer, "rewind", runs={RUN: len(TRUTH)})


def test_blocks_of_another_encoding_or_of_channels_that_nobody_wants(viewer):
    if viewer._told:
        with pytest.raises(Wrong, match="binary"):
            viewer.take(encode(Losses(RUN, 0, TRUTH, 1.0)))
    with pytest.raises(Wrong, match="diagnostics"):
        say(viewer, "diagnostics", id=RUN, channel="dead", iterations=[0], values=[0.5])


def test_what_is_no_message_to_expect(viewer):
    with pytest.raises(Wrong, match="not to be expected"):
        say(viewer, "error", detail="t: required", errors=[])
    with pytest.raises(Wrong, match="the disk is full"):
        say(viewer, "store", problem="the disk is full")


def test_news_of_what_is_not_watched(ledger):
    reader = Reader(ledger, told=False, lists_all=False, channels=[])
    with pytest.raises(Wrong, match="not watched"):
        say(reader, "runs", runs=[{"id": RUN}])
    reader.watch({RUN: 0})
    say(reader, "runs", runs=[{"id": RUN, "iteration": 3}])
    say(reader, "runs", runs=[{"id": RUN, "status": "paused"}])
    assert reader.news == {RUN: {"id": RUN, "iteration": 3, "status": "paused"}}


def test_a_viewer_that_lacks_something(ledger):
    viewer = Viewer("0", 0, ledger, random.Random(0), told=False)
    viewer.lists_all = True
    viewer.reader.watch({RUN: 7})
    viewer.reader.news = {RUN: {"iteration": 10}}
    assert viewer.lacks({RUN: 10}) == f"run {RUN} from 7 to 10"
    viewer.reader.cursors[RUN] = 10
    assert viewer.lacks({RUN: 10}) == ""
    assert "not 10" in viewer.lacks({RUN: 9})
    assert "the list" in viewer.lacks({RUN: 10, OTHER: 0})
    assert "gone" in viewer.lacks({})
    viewer.reader.unwatch([RUN])
    assert viewer.lacks({RUN: 10}) == "a pong"


def test_a_process_that_has_more_than_before():
    before = Footprint(100.0, 10, 5)
    most = Footprint(100.0 + MORE_MIB, 10 + MORE_FILES, 5 + MORE_THREADS)
    assert not most.exceeds(before)
    assert replace(most, rss_mib=101.0 + MORE_MIB).exceeds(before)
    assert replace(most, files=most.files + 1).exceeds(before)
    assert replace(most, threads=most.threads + 1).exceeds(before)
