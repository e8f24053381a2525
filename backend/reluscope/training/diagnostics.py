"""What is measured of a network beside its loss, once in a fixed number of iterations.

Each channel is one number for an iteration, of the pass before its update. The catalog, the trace,
the socket and REST read `CHANNELS` and nothing else names them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class Channel:
    """One diagnostic."""

    number: int
    """On the wire; 0 is the loss."""
    name: str
    title: str
    help: str
    unit: str | None = None


CHANNELS = (
    Channel(1, "dead", "Dead units", "Hidden units that are not above 0 for any sample.", "share"),
    Channel(2, "active", "Active units", "Hidden units above 0, over all samples.", "share"),
    Channel(3, "zeros", "Exact zeros", "Values of h that are exactly 0, at the kink.", "values"),
    Channel(
        4, "gradient_norm_w1", "Gradient of w1", "Euclidean norm of the loss's gradient by w1."
    ),
    Channel(
        5, "gradient_norm_w2", "Gradient of w2", "Euclidean norm of the loss's gradient by w2."
    ),
    Channel(6, "weight_norm_w1", "Norm of w1", "Euclidean norm of w1."),
    Channel(7, "weight_norm_w2", "Norm of w2", "Euclidean norm of w2."),
)


def counts(h: Tensor) -> Tensor:
    """Of h, (..., n, hidden): units above 0 for some sample, values above 0, and values that are
    not 0; (3, ...), float64."""
    above = (h > 0).sum(-2)
    found = [above.count_nonzero(-1), above.sum(-1), h.count_nonzero((-2, -1))]
    return torch.stack(found).double()


def norms(matrices: Sequence[Tensor]) -> Tensor:
    """The Euclidean norm of each, (matrices,), float64; infinite only where a value is, or its
    square in float64.

    On the CPU float32 is tried first, which copies nothing. Its sums of squares overflow early, but
    then that is seen.
    """
    if matrices[0].dtype == torch.float32 and matrices[0].device.type == "cpu":
        found = torch.stack(torch._foreach_norm(list(matrices)))  # noqa: SLF001
        if found.sum().isfinite():
            return found.double()
    exact = [torch.linalg.vector_norm(matrix, dtype=torch.float64) for matrix in matrices]
    return torch.stack(exact)


def channels(measured: NDArray[np.float64], n: int, hidden: int) -> NDArray[np.float64]:
    """The channels, from rows of the counts and then the norms; (..., channels)."""
    told = measured.copy()
    told[..., 0] = (hidden - measured[..., 0]) / hidden
    told[..., 1] = measured[..., 1] / (n * hidden)
    told[..., 2] = n * hidden - measured[..., 2]
    return told
