"""The problem that a run trains on: data and start weights, decided by the seed alone."""

from dataclasses import dataclass

import torch
from torch import Tensor

from .spec import RunSpec


@dataclass(frozen=True)
class Problem:
    """Random data and start weights of a two-layer network without biases."""

    x: Tensor
    """(n, d_in)"""
    y: Tensor
    """(n, d_out)"""
    w1: Tensor
    """(d_in, hidden)"""
    w2: Tensor
    """(hidden, d_out)"""


def draw(spec: RunSpec) -> Problem:
    """Draw x, y, w1 and w2 in the tutorials' order, standard normal, in the spec's dtype.

    From a generator of the run's own on the CPU, then moved to the device: so the same seed poses
    the same problem everywhere, whatever other runs do meanwhile. After `torch.manual_seed(seed)`
    the tutorials' own `torch.randn` calls draw these very numbers.

    Raises RuntimeError (torch.OutOfMemoryError on CUDA) where they do not fit in memory.
    """
    generator = torch.Generator().manual_seed(spec.seed)

    def randn(rows: int, columns: int) -> Tensor:
        drawn = torch.randn(rows, columns, generator=generator, dtype=spec.torch_dtype)
        return drawn.to(spec.device)

    return Problem(
        x=randn(spec.n, spec.d_in),
        y=randn(spec.n, spec.d_out),
        w1=randn(spec.d_in, spec.hidden),
        w2=randn(spec.hidden, spec.d_out),
    )
