"""The peers as a part of the benchmark: each beside the bare loop, and we beside it, too."""

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.bench.machine import wait_for_quiet
from tests.bench.peers.beside import FILE, Beside, in_turns
from tests.bench.peers.environments import NotHere, asked, python_for
from tests.bench.peers.loggers import PEERS, QUIET
from tests.bench.report import Figure
from tests.bench.served import served
from tests.bench.targets import Target
from tests.bench.tutorials import autograd, free_threads, rate, settle

ROOT = Path(__file__).parents[3]

ROUNDS = 6

PATIENCE_S = 10.0
"""How long to wait for a quiet machine."""

ENDS_S = 60.0
"""How much longer than its windows a peer may take, to be imported, to draw and to close."""

OURS = "reluscope, stored, watched"


class Measured:
    """One of those that are measured, and how."""

    def __init__(self, title: str, measure: Callable[[], Beside]) -> None:
        self._measure = measure
        self.bare = Figure(f"tutorial 1 alone, beside {title}", "it/s")
        self.logged = Figure(title, "it/s", self.bare)
        self.closing = Figure(f"{title}, closing", "s")
        self.figures = [self.logged, self.bare, self.closing]

    def note(self) -> None:
        """Measure once more; or never again, where that fails."""
        if self.logged.missing:
            return
        try:
            beside = self._measure()
        except NotHere as why:
            self.give_up(why)
            return
        self.bare.values.append(beside.bare)
        self.logged.values.append(beside.logged)
        self.closing.values.append(beside.closing_s)

    def give_up(self, why: NotHere) -> None:
        """It is told as what could not be measured."""
        for figure in self.figures:
            figure.values.clear()
            figure.missing = f"not measured: {why}"


class PeersBench:
    """All of them, and the order of one round."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._ours = Measured(OURS, self._of_ours)
        self._peers = {
            name: Measured(p.title, partial(self._of, name)) for name, p in PEERS.items()
        }
        self._all = [self._ours, *self._peers.values()]
        self._quiet: list[bool] = []
        self.targets = [Target(self._ours.logged, 1.0)]

    def install(self) -> None:
        """Bring in what is not here yet, so far as it can be had."""
        for name, measured in self._peers.items():
            try:
                python_for(name)
            except NotHere as why:
                measured.give_up(why)

    @property
    def figures(self) -> list[Figure]:
        of_peers = [figure for peer in self._peers.values() for figure in peer.figures]
        return [self._ours.logged, self._ours.bare, *of_peers]

    def quiet_rounds(self) -> list[int]:
        """Those that found the machine quiet."""
        return [round_ for round_, quiet in enumerate(self._quiet) if quiet]

    def round(self) -> None:
        """Measure each once."""
        turned = len(self._quiet) % 2 == 1
        quiet = True
        for measured in reversed(self._all) if turned else self._all:
            quiet = wait_for_quiet(PATIENCE_S) and quiet
            measured.note()
        self._quiet.append(quiet)

    def _of(self, name: str) -> Beside:
        """By a peer, in a process of its own."""
        interpreter = python_for(name)
        with tempfile.TemporaryDirectory() as folder:
            given = {k: v.format(folder=folder) for k, v in PEERS[name].environment.items()}
            asked(
                *(interpreter, "-m", "tests.bench.peers.beside", name, folder),
                *("--window", str(self._window_s)),
                environment={**os.environ, **QUIET, **given, "PYTHONPATH": str(ROOT)},
                folder=Path(folder),
                patience_s=20 * self._window_s + ENDS_S,
            )
            return Beside(**json.loads((Path(folder) / FILE).read_text()))

    def _of_ours(self) -> Beside:
        """One run through the real server, stored, with a viewer watching, by autograd."""
        with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as server:

            def bare(warm_s: float, window_s: float) -> float:
                with free_threads([autograd]) as iterations:
                    return rate(iterations, warm_s, window_s)

            def ours(warm_s: float, window_s: float) -> float:
                with server.runs(1) as viewer:
                    return rate(viewer.received, warm_s, window_s)

            return Beside(*in_turns(bare, ours, self._window_s), 0.0)


@contextmanager
def opened(window_s: float) -> Iterator[PeersBench]:
    """While inside, the peers are there, as far as they can be had here."""
    settle()
    bench = PeersBench(window_s)
    bench.install()
    yield bench
