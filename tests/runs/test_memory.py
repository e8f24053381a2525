import pytest

from reluscope.errors import InvalidFields, NoRoom
from reluscope.runs import memory as module
from reluscope.runs.memory import Memory
from reluscope.runs.run import Run
from reluscope.training.devices import free_bytes

from .making import spec

NEED = sum(Run(spec(), 1).needs().values())


def test_by_itself_it_lets_a_part_be_used_of_what_is_free():
    assert 0 < Memory(None).budgets["cpu"] < 0.9 * free_bytes("cpu")


def test_the_curve_of_a_cuda_run_needs_room_on_the_cpu():
    memory = Memory(1000)
    memory.budgets["cuda:0"] = 10**9
    with pytest.raises(InvalidFields, match="iterations"):
        memory.check(Run(spec(device="cuda:0"), 1))


def test_what_runs_hold_is_taken_once_and_given_back():
    memory = Memory(int(2.5 * NEED))
    first, second, third = (Run(spec(), number) for number in (1, 2, 3))
    for run in (first, second, first, second):
        memory.check(run) if not run.held else None
        memory.note(run)
    with pytest.raises(NoRoom, match=f"{2 * NEED:,} of {int(2.5 * NEED):,}"):
        memory.check(third)
    first.turn.gone = True
    memory.note(first)
    memory.check(third)
    second.move("stopped")
    memory.note(second)
    assert second.held == {"cpu": second.trace.nbytes}


def test_what_runs_have_let_go_of_is_given_back_once_it_is_much(monkeypatch):
    """That it may be asked for is tried as well: a process that cannot lives on."""
    memory, asked = Memory(100 * NEED), []
    monkeypatch.setattr(module, "MUCH_BYTES", 3 * NEED)
    monkeypatch.setattr(module, "_trim", lambda real=module._trim: asked.append(real()))
    runs = [Run(spec(), number) for number in range(5)]
    for run in runs:
        memory.note(run)
    memory.give_back()
    for number, run in enumerate(runs):
        run.turn.gone = True
        memory.note(run)
        memory.give_back()
        assert len(asked) == (number >= 2)
