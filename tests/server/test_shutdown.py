import contextlib
import signal
import time

import pytest
from websockets.exceptions import ConnectionClosed

from .serving import LONG, TINY, Api, Process
from .socket.stalled import StalledViewer
from .watching import Curves, Viewer

END_S = 5.0
"""In which a service manager expects the end."""

HEAVY = {"n": 512, "d_in": 4000, "hidden": 2000, "d_out": 10, "iterations": 1000}
"""A network whose turn, one iteration, takes far longer than others' turns."""


HEAVIER = {**HEAVY, "n": 6000, "relu": "my_relu"}
"""One whose iteration takes longer than closing waits, and comes back to Python in its midst."""

MORE_THAN_BUFFERS_HOLD = 6_000_000


@pytest.fixture
def process():
    started = Process("--port", "0", "--workers", "2")
    yield started
    started.close()


def stall(api, stack, port):
    """A viewer that takes nothing more, since more was sent to it than any buffer holds."""
    run_id = api.start(**{**TINY, "iterations": 16_000})
    api.until_ended(run_id)
    stalled = stack.enter_context(StalledViewer(port))
    with Viewer(f"ws://127.0.0.1:{port}/api/live") as reading:
        for _ in range(MORE_THAN_BUFFERS_HOLD // (16_000 * 8)):
            for viewer in (stalled, reading):
                viewer.send({"type": "watch", "runs": {run_id: 0}})
            reading.read(Curves({run_id: 0}), {run_id: 16_000})


def test_sigterm_ends_it_in_time_whatever_is_open(process):
    port = process.until_listening()
    api = Api(port)
    with contextlib.ExitStack() as stack:
        stack.callback(api.close)
        stall(api, stack, port)
        running = [api.start(**LONG) for _ in range(4)]
        viewers = [stack.enter_context(Viewer(f"ws://127.0.0.1:{port}/api/live")) for _ in range(3)]
        for viewer in viewers:
            viewer.watch(dict.fromkeys(running, 0))
            viewer.until(lambda message: isinstance(message, bytes))
        api.start(**HEAVY)
        began = time.monotonic()
        process.send(signal.SIGTERM)
        code = process.wait()
        took_s = time.monotonic() - began
    assert code == -signal.SIGTERM, process.log
    assert took_s < END_S
    assert "Application shutdown complete" in process.log
    assert "Traceback" not in process.log


def test_ctrl_c_ends_it_without_a_word_of_complaint(process):
    port = process.until_listening()
    api = Api(port)
    with contextlib.closing(api), Viewer(f"ws://127.0.0.1:{port}/api/live") as viewer:
        running = [api.start(**LONG) for _ in range(4)]
        viewer.watch(dict.fromkeys(running, 0))
        viewer.until(lambda message: isinstance(message, bytes))
        process.send(signal.SIGINT)
        with pytest.raises(ConnectionClosed) as closed:
            viewer.until(lambda _: False)
        assert closed.value.rcvd.code == 1012  # "service restart": come back
    assert process.wait() in (0, -signal.SIGINT, 128 + signal.SIGINT)
    assert "Traceback" not in process.log


def test_ctrl_c_ends_it_in_the_midst_of_a_long_iteration(process):
    api = Api(process.until_listening())
    with contextlib.closing(api):
        for seed in range(2):
            api.until_status(api.start(**HEAVIER, seed=seed), "running")
        process.send(signal.SIGINT)
    assert process.wait() in (0, -signal.SIGINT, 128 + signal.SIGINT)
    assert "Application shutdown complete" in process.log
    assert "terminate" not in process.log
