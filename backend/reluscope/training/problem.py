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
    return Problem(*draw_first(spec, 4))


def draw_first(spec: RunSpec, count: int) -> list[Tensor]:
    """The first `count` of x, y, w1 and w2, as `draw` has them: who has weights needs no others.

    Raises as `draw` does.
    """
    generator = torch.Generator().manual_seed(spec.seed)
    shapes = [
        (spec.n, spec.d_in),
        (spec.n, spec.d_out),
        (spec.d_in, spec.hidden),
        (spec.hidden, spec.d_out),
    ]
    return [
        torch.randn(*shape, generator=generator, dtype=spec.torch_dtype).to(spec.device)
        for shape in shapes[:count]
    ]
