"""What is measured of a network beside its loss, once in a fixed number of iterations.

Each channel is one number for an iteration, of the pass before its update. The catalog, the trace,
the socket and REST read `CHANNELS` and nothing else names them.
"""

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


def units(h: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The channels dead, active and zeros of h, (..., n, hidden); each (...), float64."""
    above = h > 0
    dead = above.any(-2).logical_not_().mean(-1, dtype=torch.float64)
    return dead, above.mean((-2, -1), dtype=torch.float64), (h == 0).sum((-2, -1)).double()


def norm(values: Tensor) -> Tensor:
    """The Euclidean norm as a 0-d float64; infinite only where a value is, or its square in it."""
    found: Tensor = torch.linalg.vector_norm(values, dtype=torch.float64)
    return found
