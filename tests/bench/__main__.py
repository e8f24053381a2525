"""`python -m tests.bench`: everything measured in turns, round after round, and one report.

A machine is never quite the same twice. So every figure is measured once a round, and a rate is
told as a multiple of what was measured beside it in the same few seconds.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Protocol

from tests.bench import page, pictures, sizes, training, viewers
from tests.bench.machine import about
from tests.bench.peers import part as peers
from tests.bench.report import Figure, report, table
from tests.bench.targets import Limit, Target, verdict

UNASKED = ("training", "page", "viewers")
"""The parts that are measured where none is named."""

ROUNDS = {
    "training": training.ROUNDS,
    "page": page.ROUNDS,
    "viewers": viewers.ROUNDS,
    "sizes": sizes.ROUNDS,
    "peers": peers.ROUNDS,
}
"""How often each part is measured."""


class Part(Protocol):
    """What is measured together."""

    @property
    def figures(self) -> list[Figure]: ...

    @property
    def targets(self) -> Sequence[Target | Limit]: ...

    def round(self) -> None:
        """Measure everything once."""

    def quiet_rounds(self) -> list[int]:
        """Those in which others took little."""


def run(name: str, opened: AbstractContextManager[Part], rounds: int) -> tuple[list[Figure], int]:
    """Measure a part and tell of it; its figures, and the exit code."""
    with opened as part:
        for number in range(rounds):
            print(f"{name}: round {number + 1} of {rounds}", file=sys.stderr)
            part.round()
    print(table(part.figures), end="\n\n")
    code = verdict(part.targets, part.quiet_rounds(), rounds)
    print(flush=True)
    return part.figures, code


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    named = f"parts of it, instead of {' and '.join(UNASKED)}"
    parser.add_argument("--only", choices=ROUNDS, nargs="+", default=UNASKED, help=named)
    rounds = ", ".join(f"{count} of {name}" for name, count in ROUNDS.items())
    parser.add_argument("--rounds", type=int, help=f"instead of {rounds}")
    parser.add_argument("--window", type=float, default=0.8, help="seconds that a rate is measured")
    pairs = "how often two rates are measured in turns that vary more than they differ"
    parser.add_argument("--pairs", type=int, default=8, help=pairs)
    listed = "runs of which the lists are asked for"
    parser.add_argument("--listed", type=int, default=training.STORED_RUNS, help=listed)
    longest = "iterations of the run that is long"
    parser.add_argument("--long", type=int, default=sizes.LONG, help=longest)
    parser.add_argument("--json", type=Path, help="where to write the report as JSON")
    parser.add_argument("--pictures", type=Path, help="a folder for pictures of it, as SVG")
    options = parser.parse_args()
    parts: dict[str, Callable[[], AbstractContextManager[Part]]] = {
        "training": partial(training.opened, options.window, options.pairs, options.listed),
        "page": page.opened,
        "viewers": viewers.opened,
        "sizes": partial(sizes.opened, options.window, options.long, options.listed),
        "peers": partial(peers.opened, options.window),
    }
    setting = about()
    print("  ".join(f"{name} {value}" for name, value in setting.items()), end="\n\n")
    figures: list[Figure] = []
    codes = []
    for name in options.only:
        measured, code = run(name, parts[name](), options.rounds or ROUNDS[name])
        figures += measured
        codes.append(code)
    written = report(setting, figures)
    if options.json:
        options.json.write_text(json.dumps(written, indent=1) + "\n")
    if options.pictures:
        pictures.draw(written, options.pictures)
    sys.exit(max(codes))


if __name__ == "__main__":
    main()
