"""What is measured of a network beside its loss, once in a fixed number of iterations.

Each channel is one number for an iteration, of the pass before its update. The catalog, the trace,
the socket and REST read `CHANNELS` and nothing else names them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
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


def units(h: Tensor) -> Tensor:
    """The channels dead, active and zeros of h, (..., n, hidden); (3, ...), float64."""
    n, hidden = h.shape[-2:]
    above = (h > 0).sum(-2)
    counts = torch.stack([(above == 0).sum(-1), above.sum(-1), (h == 0).sum((-2, -1))])
    shares = counts.double()
    shares[0] /= hidden
    shares[1] /= n * hidden
    return shares


def norms(matrices: Sequence[Tensor]) -> Tensor:
    """The Euclidean norm of each, (matrices,), float64; infinite only where a value is, or its
    square in float64.

    On the CPU float32 is tried first, which copies nothing. Its sums of squares overflow early, but
    then that is seen.
    """
    if matrices[0].dtype == torch.float32 and matrices[0].device.type == "cpu":
        found = torch.stack(torch._foreach_norm(list(matrices)))  # noqa: SLF001
        if found.isfinite().all():
            return found.double()
    exact = [torch.linalg.vector_norm(matrix, dtype=torch.float64) for matrix in matrices]
    return torch.stack(exact)
