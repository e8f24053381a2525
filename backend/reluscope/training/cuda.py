"""The captured step: on a CUDA device, a pass and an update as one CUDA graph each.

Launched one by one, the twenty small kernels of an iteration wait for Python; a graph launches them
at once. What Python decides while it is recorded stays so in every replay, so a changed rule is
recorded anew; and only rules whose steps are linear are recorded, which decide nothing: torch.optim's
others need the CPU in between, and what one's own do is not known.
"""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import torch
from torch import Tensor

from .gradients import Pass
from .network import Network
from .problem import Problem
from .relus import Relu
from .rules import Rule

T = TypeVar("T")

Record = Callable[[Callable[[], T]], tuple[T, Callable[[], None]]]
"""Records what a function launches: gives what it returned, whose tensors stay in their places, and
what launches it all again."""

EAGER_ITERATIONS = 3
"""Before anything is recorded: by then libraries have made their workspaces, and a rule remembers
what it does, as torch's notes on CUDA graphs ask."""

_exclusive: AbstractContextManager[Any] = nullcontext()


def record_under(lock: AbstractContextManager[Any]) -> None:
    """Have every recording in this process hold `lock`: only one may be underway at a time."""
    global _exclusive  # noqa: PLW0603 - a property of the process
    _exclusive = lock


@contextlib.contextmanager
def own_stream(device: str) -> Iterator[None]:
    """While inside, the calling thread works on `device`, on a stream of its own where it is CUDA:
    only such a stream can be recorded, and no other worker is waited for."""
    if not device.startswith("cuda"):
        yield
        return
    stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
    with torch.cuda.device(device), torch.cuda.stream(stream):
        yield


def can_be_recorded(device: str, rule: Rule) -> bool:
    """Whether iterations on `device` under `rule` can be a CUDA graph."""
    return device.startswith("cuda") and rule.linear() is not None


def record_graph(work: Callable[[], T]) -> tuple[T, Callable[[], None]]:
    """`Record` by a CUDA graph, of what is launched on the current stream.

    Raises RuntimeError where something in `work` cannot be recorded.
    """
    graph = torch.cuda.CUDAGraph()
    stream = torch.cuda.current_stream()
    with (
        _exclusive,
        torch.autograd.set_multithreading_enabled(False),  # backward on this thread, this stream
        torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local"),
    ):
        outputs = work()
    return outputs, graph.replay


class CapturedNetwork(Network):
    """A network whose passes and updates are recorded, and then replayed."""

    def __init__(
        self,
        problem: Problem,
        relu: Relu,
        gradients: str,
        rule: Rule,
        record: Record[Any] = record_graph,
    ) -> None:
        super().__init__(problem, relu, gradients, rule)
        self._record = record
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Forget what was recorded: its tensors may no longer be those that are used."""
        self._eager_left: float = EAGER_ITERATIONS
        self._replay_pass: Callable[[], None] | None = None
        self._replay_update: Callable[[], None] | None = None

    def forward(self) -> Tensor:
        if self._eager_left > 0:
            return super().forward()
        if self._replay_pass is None or self._replay_update is None:
            try:
                self._last, self._replay_pass = self._record(self._pass)
                _, self._replay_update = self._record(super().update)
            except RuntimeError:  # a ReLU of one's own may do what no graph can hold
                self._begin_anew()
                self._eager_left = float("inf")
                return super().forward()
        self._replay_pass()
        assert self._last is not None
        return self._last.loss.clone()  # the next replay writes in its place

    def update(self) -> None:
        if self._replay_update is not None:
            self._replay_update()
            return
        super().update()
        self._eager_left -= 1

    def change(self, rule: Rule) -> None:
        super().change(rule)
        self._begin_anew()
        if rule.linear() is None:
            self._eager_left = float("inf")

    def norm_of_last(self, place: int = 0) -> Callable[[], float]:
        if self._replay_pass is not None and self._last is not None:
            # The next replay writes in the gradients' place too.
            loss, h, gradients = self._last
            kept = Pass(loss, h, (gradients[0].clone(), gradients[1].clone()))
            replayed, self._last = self._last, kept
            norm = super().norm_of_last(place)
            self._last = replayed
            return norm
        return super().norm_of_last(place)

    def save(self) -> Callable[[int], None]:
        restore = super().save()

        def restore_and_begin_anew(place: int) -> None:
            restore(place)
            self._begin_anew()

        return restore_and_begin_anew
