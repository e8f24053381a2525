"""Reads specs as JSON from stdin and prints, for each, the bytes that training it takes at its peak.

Each is trained in a child of its own, since the peak of a process never goes back.
"""

import json
import multiprocessing
import resource
import sys

import torch

from reluscope.training.devices import use_one_thread
from reluscope.training.spec import RunSpec
from reluscope.training.trainer import Trainer

UNIT_BYTES = 1 if sys.platform == "darwin" else 1024
"""Of what the system tells of a process's memory."""


def train(spec: RunSpec) -> int:
    """The peak of this process after two turns of two iterations, in bytes."""
    trainer = Trainer(spec)
    for _ in range(2):
        trainer.advance(2)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT_BYTES


def wake_optimizers() -> None:
    """What torch imports with its first optimizer is none of a run's."""
    weight = torch.zeros(2, 2)
    weight.grad = torch.ones(2, 2)
    torch.optim.Adam([weight]).step()


def main() -> None:
    use_one_thread()
    wake_optimizers()
    specs = [RunSpec.model_validate(told) for told in json.load(sys.stdin)]
    small = specs[0].model_copy(update={"n": 4, "d_in": 4, "hidden": 4, "d_out": 4})
    peaks = []
    for spec in (small, *specs):
        with multiprocessing.get_context("fork").Pool(1) as child:
            peaks.append(child.apply(train, (spec,)))
    json.dump([peak - peaks[0] for peak in peaks[1:]], sys.stdout)


if __name__ == "__main__":
    main()
