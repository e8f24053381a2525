import builtins

import numpy as np
import pytest

from reluscope.errors import NotInstalled
from tests.server.serving import TINY


def test_handles_are_shown_as_text(scope):
    name = "<script>alert('x')</script>"
    run = scope.create(**TINY, iterations=5, name=name).wait(30)
    told = run._repr_html_()
    assert "<script" not in told
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;" in told
    assert run.id in told
    assert f"{run.loss:.6g}" in repr(run)
    assert repr(run).startswith(
        f"<Run {run.id[:8]} {name!r}: clamp, sgd, lr 0.0001; finished, 5 of"
    )
    sweep = scope.create_sweep(grid={"seed": [1, 2]}, **TINY, iterations=5, name=name).wait(30)
    assert "<script" not in sweep._repr_html_()
    assert "2 finished" in repr(sweep)
    assert len({run, scope.run(run.id)}) == 1


def test_a_table_has_losses_and_what_was_measured(scope):
    run = scope.create(**TINY, iterations=30, diagnostics_every=10).wait(30)
    frame = run.to_pandas(5, 25, diagnostics=True)
    assert frame.index.name == "iteration"
    assert frame.index.tolist() == list(range(5, 25))
    assert frame.loss.tolist() == run.losses(5, 25).tolist()
    channel = scope.catalog().channels[0]["name"]
    assert np.flatnonzero(frame[channel].notna()).tolist() == [5, 15]
    assert frame[channel].dropna().tolist() == run.diagnostics(5, 25)[channel].tolist()


def test_without_pandas_the_extra_is_named(scope, monkeypatch):
    run = scope.create(**TINY, iterations=5).wait(30)
    without(monkeypatch, "pandas")
    with pytest.raises(NotInstalled, match=r"pip install 'reluscope\[pandas\]'"):
        run.to_pandas()


def without(monkeypatch, package):
    """As if it were not installed."""
    real = builtins.__import__

    def imported(name, *args, **options):
        if name.split(".")[0] == package:
            raise ImportError(name)
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", imported)
