"""`python -m tests.bench.peers.beside NAME FOLDER`: a process with one peer in it, which trains the
tutorial bare and logged in turns, and leaves in the folder what came of it.

All in one process and the same few seconds: a machine that others use, too, is not the same for long.
What a peer does in threads and processes of its own is a cost of the loop as well, where there are no
cores to spare.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.bench.peers.loggers import PEERS, Log
from tests.bench.tutorials import autograd, settle

TURNS = 3
"""How often each is measured in a round."""

LONGER = 1.5
"""A window with a log, in those of the bare loop: writers in the background come every half a second."""

WARM = 0.4
"""How long to train before that, in windows; so long, too, a peer is left to come to rest after it."""

FILE = "beside.json"


@dataclass
class Beside:
    """What was measured."""

    bare: float
    """Iterations per second of the loop alone."""
    logged: float
    """With each loss logged."""
    closing_s: float
    """What is left to be done at the end."""


def in_turns(
    bare: Callable[[float, float], float], logged: Callable[[float, float], float], window_s: float
) -> tuple[float, float]:
    """The mean rates of both, each of which is given how long to get warm and to measure."""
    rates: tuple[list[float], list[float]] = ([], [])
    for _ in range(TURNS):
        rates[0].append(bare(0.0, window_s))
        rates[1].append(logged(WARM * window_s, LONGER * window_s))
        time.sleep(WARM * window_s)
    return statistics.mean(rates[0]), statistics.mean(rates[1])


class Training:
    """The tutorial again and again, with each loss given to a log."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._iteration = 0

    def rate(self, warm_s: float, window_s: float) -> float:
        """Iterations per second over a window, after a while to get warm."""
        self._train(warm_s)
        return self._train(window_s)

    def _train(self, for_s: float) -> float:
        began, before = time.perf_counter(), self._iteration
        while True:
            for loss in autograd():
                self._log(loss, self._iteration)
                self._iteration += 1
                taken_s = time.perf_counter() - began
                if taken_s >= for_s:
                    return (self._iteration - before) / taken_s


def nothing(loss: float, iteration: int) -> None:
    """The bare loop's log: a call costs a ten-thousandth of an iteration."""


def measured(name: str, folder: Path, window_s: float) -> Beside:
    """Train with and without this peer, in windows of so many seconds."""
    with PEERS[name].logging(folder) as log:
        bare, logged = in_turns(Training(nothing).rate, Training(log).rate, window_s)
        ended = time.perf_counter()
    return Beside(bare, logged, time.perf_counter() - ended)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=PEERS)
    parser.add_argument("folder", type=Path, help="where it may write")
    parser.add_argument(
        "--window", type=float, required=True, help="seconds that a rate is measured"
    )
    options = parser.parse_args()
    settle()
    beside = measured(options.name, options.folder, options.window)
    (options.folder / FILE).write_text(json.dumps(asdict(beside)))


if __name__ == "__main__":
    main()
