"""The tutorials' own loops on free-running threads: what everything else is measured against."""

# The tutorials' words carry no types.
# mypy: disable-error-code="no-untyped-call, no-untyped-def, operator, union-attr"

import gc
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

import torch
from torch import Tensor, optim

N, D_IN, H, D_OUT = 64, 1000, 100, 10
ITERATIONS = 500
LEARNING_RATE = 1e-6

LOOK_S = 0.01
"""How often it is looked whether there has been an iteration."""

Loop = Callable[[], Iterator[float]]
"""A tutorial from its first line to its last; yields each loss."""


def _draw(
    device: str = "cpu", d_in: int = D_IN, hidden: int = H
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    x = torch.randn(N, d_in, device=device)
    y = torch.randn(N, D_OUT, device=device)
    w1 = torch.randn(d_in, hidden, device=device, requires_grad=True)
    w2 = torch.randn(hidden, D_OUT, device=device, requires_grad=True)
    return x, y, w1, w2


def autograd(
    device: str = "cpu", d_in: int = D_IN, hidden: int = H, lr: float = LEARNING_RATE
) -> Iterator[float]:
    """Tensors and autograd, updated by optim.SGD."""
    x, y, w1, w2 = _draw(device, d_in, hidden)
    optimizer = optim.SGD([{"params": w1}, {"params": w2}], lr=lr)
    for _ in range(ITERATIONS):
        y_pred = x.mm(w1).clamp(min=0).mm(w2)
        loss = (y_pred - y).pow(2).sum()
        yield loss.item()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()


class MyReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return input.clamp(min=0)

    @staticmethod
    def backward(ctx, grad_output):
        (input,) = ctx.saved_tensors
        grad_input = grad_output.clone()
        grad_input[input < 0] = 0
        return grad_input


def custom_function() -> Iterator[float]:
    """Defining new autograd functions, updated by hand."""
    x, y, w1, w2 = _draw()
    for _ in range(ITERATIONS):
        relu = MyReLU.apply
        y_pred = relu(x.mm(w1)).mm(w2)
        loss = (y_pred - y).pow(2).sum()
        yield loss.item()
        loss.backward()
        with torch.no_grad():
            w1 -= LEARNING_RATE * w1.grad
            w2 -= LEARNING_RATE * w2.grad
            w1.grad.zero_()
            w2.grad.zero_()


def products(d_in: int = D_IN, hidden: int = H) -> Iterator[float]:
    """The two large products of an iteration, and nothing else: what no iteration can beat that
    multiplies as torch.mm does."""
    x, _, w1, _ = _draw(d_in=d_in, hidden=hidden)
    w1 = w1.detach()
    gradient = torch.randn(N, hidden)
    for _ in range(ITERATIONS):
        x.mm(w1)
        x.t().mm(gradient)
        yield 0.0


def settle() -> None:
    """Before anything is measured: what torch imports with its first optimizer is none of a round's."""
    torch.set_num_threads(1)
    list(islice(autograd(), 2))
    gc.collect()
    gc.freeze()  # as the server does


class FreeThreads:
    """Threads that each run one tutorial after the other, until they are told to stop."""

    def __init__(self, loops: list[Loop]) -> None:
        self._stopping = False
        self._done = [0] * len(loops)
        self._threads = [
            threading.Thread(target=self._run, args=(index, loop), daemon=True)
            for index, loop in enumerate(loops)
        ]

    def iterations(self) -> int:
        """Iterations done by all of them together."""
        return sum(self._done)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping = True
        for thread in self._threads:
            thread.join()

    def _run(self, index: int, loop: Loop) -> None:
        torch.set_num_threads(1)
        while not self._stopping:
            for _ in loop():
                self._done[index] += 1
                if self._stopping:
                    return


@contextmanager
def free_threads(loops: list[Loop]) -> Iterator[Callable[[], int]]:
    """While inside, one thread for each of `loops` trains; gives their count of iterations."""
    threads = FreeThreads(loops)
    threads.start()
    try:
        yield threads.iterations
    finally:
        threads.stop()


def rate(iterations: Callable[[], int], warm_s: float, window_s: float) -> float:
    """Iterations per second over a window, or until there has been one, after a while to get warm."""
    time.sleep(warm_s)
    began, before = time.perf_counter(), iterations()
    time.sleep(window_s)
    while (done := iterations() - before) == 0:
        time.sleep(LOOK_S)
    return done / (time.perf_counter() - began)
