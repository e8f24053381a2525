"""Trainer: one run's network and the loop over its iterations."""

import numpy as np
import torch
from numpy.typing import NDArray

from .gradients import backpropagate, squared_error
from .problem import draw
from .relus import RELUS
from .spec import RunSpec


class Trainer:
    """Trains the network that a spec describes. One thread at a time may use it."""

    def __init__(self, spec: RunSpec) -> None:
        """Draw the problem and put it on the spec's device.

        Raises RuntimeError (torch.OutOfMemoryError on CUDA) where it does not fit in memory.
        """
        problem = draw(spec)
        self._x, self._y = problem.x, problem.y
        self._weights = (problem.w1, problem.w2)
        self._relu = RELUS[spec.relu].apply
        self._update = spec.update
        self.iteration = 0
        """Iterations done."""

    def advance(self, count: int) -> NDArray[np.float64]:
        """Train `count` iterations and return their losses, shape (count,).

        The loss of an iteration is the squared error before its update:
        sum((relu(x w1) w2 - y)^2). Losses stay on the device until all are there, so that a CUDA
        device is waited for once a call and not once an iteration.
        """
        w1, w2 = self._weights
        one = torch.ones((), dtype=self._y.dtype, device=self._y.device)
        losses = []
        for _ in range(count):
            y_pred = self._relu(self._x.mm(w1)).mm(w2)
            loss = squared_error(y_pred, self._y)
            losses.append(loss.detach())
            backpropagate(loss, one)
            self._update.step(self._weights)
        self.iteration += count
        return torch.stack(losses).double().cpu().numpy()
