"""What the figures should reach, and whether they did, over the rounds in which others took little."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.report import Figure, spread

NEAR_THE_FLOOR = 0.9
"""Where products take most of an iteration, the closed form can reach no multiple of the whole; then
this share of the products' own rate is what it should."""


@dataclass
class Target:
    """What a figure should reach, as a multiple of its base; or of a floor, where that is less."""

    figure: Figure
    wanted: float
    floor: Figure | None = None

    def told(self, quiet: Sequence[int]) -> tuple[bool, str]:
        """Whether it is reached in the quiet rounds, and a line that says so."""
        base = self.figure.base
        assert base is not None
        ratios = [self.figure.ratios[round_] for round_ in quiet]
        said = f"{self.figure.title}: {spread(ratios, 2)} x {base.title} (wanted: {self.wanted} x"
        reached = statistics.median(ratios) >= self.wanted
        if self.floor is not None:
            of_floor = statistics.median(
                self.figure.values[round_] / self.floor.values[round_] for round_ in quiet
            )
            said += f", or {NEAR_THE_FLOOR} of {self.floor.title}; {of_floor:.2f} of that"
            reached = reached or of_floor >= NEAR_THE_FLOOR
        return reached, f"{said})"


@dataclass
class Limit:
    """What a figure should not exceed; or, where it is the least, not fall short of."""

    figure: Figure
    wanted: float
    is_least: bool = False
    each_round: bool = True
    """Or it was measured once, and the same on a busy machine."""

    def told(self, quiet: Sequence[int]) -> tuple[bool, str]:
        """As `Target.told`."""
        figure = self.figure
        values = [figure.values[round_] for round_ in quiet] if self.each_round else figure.values
        middle = statistics.median(values)
        reached = middle >= self.wanted if self.is_least else middle <= self.wanted
        most = "least" if self.is_least else "most"
        said = f"{figure.title}: {spread(values, 1)} {figure.unit}"
        return reached, f"{said} (wanted: at {most} {self.wanted:g} {figure.unit})"


def verdict(targets: Sequence[Target | Limit], quiet: Sequence[int], rounds: int) -> int:
    """Say it, and give the exit code: 0 where all is reached, 1 where something is not, 2 where the
    machine was never quiet."""
    if not quiet:
        print(f"no telling: others were at work in all of the {rounds} rounds")
        return 2
    print(f"over the {len(quiet)} of {rounds} rounds in which others took little:")
    told = [target.told(quiet) for target in targets]
    for reached, line in told:
        print(f"{'reached' if reached else 'missed '}  {line}")
    return 0 if all(reached for reached, _ in told) else 1
