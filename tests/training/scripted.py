"""Running a script as a person would, but in this process: what it prints, read back."""

import contextlib
import io
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reluscope.training.change import Change
from reluscope.training.rules import Rule
from reluscope.training.script import script
from reluscope.training.spec import RunSpec
from reluscope.training.trainer import Trainer

SMALL = {"n": 16, "d_in": 60, "hidden": 30, "d_out": 5, "iterations": 12, "diagnostics_every": 0}


def spec_of(rule: Rule | None = None, **fields: Any) -> RunSpec:
    """A small one; with a rule that the registry may not know."""
    spec = RunSpec.model_validate({**SMALL, **fields})
    return spec if rule is None else spec.model_copy(update={"update": rule})


def printed(text: str) -> list[float]:
    """The losses that a script prints, where there is no matplotlib."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output), pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "matplotlib", None)
        exec(compile(text, "script", "exec"), {"__name__": "__main__"})
    return read(output.getvalue())


def read(output: str) -> list[float]:
    """The losses in what was printed, whose lines count the iterations."""
    lines = [line.split(" ") for line in output.splitlines()]
    assert [int(iteration) for iteration, _ in lines] == list(range(len(lines)))
    return [float(loss) for _, loss in lines]


def trained(spec: RunSpec, changes: Sequence[Change] = ()) -> NDArray[np.float64]:
    """What a trainer gives for the spec, with these changes, up to where the run would stop."""
    trainer = Trainer(spec)
    losses = []
    end = changes[-1].spec.iterations if changes else spec.iterations
    for until, after in [*changes, (end, None)]:
        if until > trainer.iteration:
            done = trainer.advance(until - trainer.iteration)
            losses.append(done.losses)
            if done.nonfinite and trainer.spec.on_nonfinite != "continue":
                break
        if after:
            trainer.change(after)
    return np.concatenate(losses)


def assert_same_bits(spec: RunSpec, changes: Sequence[Change] = ()) -> None:
    """That the script prints what the trainer gives."""
    losses = np.array(printed(script(spec, changes)))
    assert np.array_equal(losses, trained(spec, changes), equal_nan=True)
