import numpy as np
import pytest

from reluscope import Client
from reluscope.client import Losses, NotConnected, Rewind, TimedOut
from reluscope.client.plotting.figure import LiveFigure
from reluscope.errors import NotInstalled
from tests.server.serving import LONG, TINY
from tests.waiting import eventually

from .test_handles import without


def test_a_figure_grows_until_its_run_ends(scope):
    run = scope.create(**TINY, iterations=800, pace=400, name="<b>bold</b>")
    figure = run.plot()
    eventually(lambda: 0 < len(figure.data[0].x) < 800)
    figure.wait(30)
    (drawn,) = figure.data
    assert list(drawn.x) == list(range(800))
    assert drawn.y.tolist() == run.losses().tolist()
    assert drawn.name == f"&lt;b&gt;bold&lt;/b&gt; ({run.id[:8]})"
    assert figure.layout.yaxis.type == "log"
    figure.close()


def test_what_is_not_finite_leaves_gaps(scope, server):
    run_id, start = server.paused_with([1.0, np.nan, 2.0, np.inf])
    figure = scope.plot(run_id, log=False)
    eventually(lambda: len(figure.data[0].y) == start + 4)
    np.testing.assert_array_equal(figure.data[0].y[start:], [1.0, np.nan, 2.0, np.nan])
    assert figure.layout.yaxis.type == "linear"
    with pytest.raises(TimedOut):
        figure.wait(0)
    figure.stop()
    figure.wait(10)
    figure.close()


def test_a_sweep_is_drawn_with_what_differs_in_it(scope):
    sweep = scope.create_sweep(grid={"relu": ["clamp", "mask"]}, **TINY, iterations=50)
    figure = sweep.plot()
    figure.wait(30)
    for run, drawn in zip(sweep.runs(), figure.data, strict=True):
        assert drawn.name == f"relu {run.spec['relu']} ({run.id[:8]})"
        assert drawn.y.tolist() == run.losses().tolist()
    figure.close()


def test_it_is_drawn_beside_an_event_loop_too(aio, scope):
    run = scope.create(**TINY, iterations=50).wait(30)
    figure = aio.plot([run])
    figure.wait(30)
    assert len(figure.data[0].x) == 50
    figure.close()


def test_a_curve_that_begins_anew_is_drawn_anew():
    figure = LiveFigure({"a": "A"}, log=True)
    figure.take(Losses("a", 0, np.ones(5), 0.0))
    figure.draw()
    assert len(figure.data[0].y) == 5
    figure.take(Rewind("a", 3))
    figure.take(Losses("a", 0, np.zeros(2), 0.0))
    figure.draw()
    assert figure.data[0].y.tolist() == [0, 0]
    figure.close()


def test_a_run_that_is_not_there_is_told(scope):
    figure = scope.plot(["nobody"])
    figure.wait(30)
    assert figure.data[0].name == "nobody: there is no such run (any more)"
    figure.close()


def test_why_it_stands_still_is_told(scope, relay):
    run = scope.create(**LONG, pace=100)
    with Client(relay.url, patience=0.2) as far:
        figure = far.plot([run])
        eventually(lambda: len(figure.data[0].x) > 0)
        relay.upstream = None
        relay.cut()
        with pytest.raises(NotConnected):
            figure.wait(30)
    assert figure.layout.title.text.startswith("nobody answers at")
    figure.close()


def test_without_what_a_notebook_needs_the_extra_is_named(scope, monkeypatch):
    run = scope.create(**TINY, iterations=5)
    without(monkeypatch, "anywidget")
    with pytest.raises(NotInstalled, match=r"pip install 'reluscope\[jupyter\]'"):
        run.plot()
