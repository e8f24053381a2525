"""Pictures of reports: `python -m tests.bench.pictures FOLDER REPORT...` draws what they hold, the
rounds of all of them taken together.

Plain SVG, light or dark as the reader's system is. A bar ends at the median; the line over it goes from
the lowest to the highest round.
"""

import argparse
import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reluscope.training.spec import GRADIENTS
from tests.bench import viewers
from tests.bench.peers.loggers import PEERS
from tests.bench.peers.part import OURS
from tests.bench.report import ratio_digits, spread
from tests.bench.training import ALONE, COUNTS, in_book

FOLDER = Path(__file__).parent / "pictures"

WIDTH, ROW = 800, 24
LEFT, RIGHT = 200, 170
"""What the labels and the numbers take of the width."""
TOP, BOTTOM = 58, 44
BAR = 12
CAP = 4

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600; font-size: 15px } .group { font-weight: 600 } .small { font-size: 11px }
.paper { fill: #ffffff } .bar { fill: #8c9db5 } .bar.first { fill: #1f6feb }
.line { stroke: #59636e; stroke-dasharray: 3 3 } .spread { stroke: #1f2328; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .paper { fill: #0d1117 } .bar { fill: #5b6b82 } .bar.first { fill: #388bfd }
  .line { stroke: #9198a1 } .spread { stroke: #e6edf3 }
}
"""

Report = dict[str, Any]


@dataclass
class Bar:
    """One thing, by its ratio in each round; no bar where there is none."""

    label: str
    ratios: Sequence[float]
    first: bool = False
    """Whether it is what the eye should find first."""


@dataclass
class Group:
    """Bars under a heading; or without one."""

    title: str = ""
    bars: list[Bar] = field(default_factory=list)


def drawn(title: str, base: str, groups: Sequence[Group], footnote: str) -> str:
    """The picture; ratios are of `base`, whose line is at 1."""
    ratios = [ratio for group in groups for bar in group.bars for ratio in bar.ratios]
    scale = (WIDTH - LEFT - RIGHT) / max([1.0, *ratios])
    parts, y = [], TOP
    for group in groups:
        if group.title:
            parts.append(_text(12, y + BAR, group.title, "group"))
            y += ROW
        for bar in group.bars:
            parts += _bar(bar, y, scale)
            y += ROW
    at_base = f"{LEFT + scale:.1f}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + BOTTOM}" role="img">',
            f"<title>{escape(title)}</title><style>{STYLE}</style>",
            '<rect class="paper" width="100%" height="100%"/>',
            _text(12, 24, title, "title"),
            f'<line class="line" x1="{at_base}" x2="{at_base}" y1="{TOP - 6}" y2="{y}"/>',
            _text(
                LEFT + scale,
                TOP - 12,
                f"1 = iterations per second of {base}",
                "small",
                anchor="middle",
            ),
            *parts,
            _text(12, y + 24, footnote, "small"),
            "</svg>\n",
        ]
    )


def _bar(bar: Bar, y: int, scale: float) -> list[str]:
    label = _text(LEFT - 10, y + BAR - 1, bar.label, anchor="end")
    if not bar.ratios:
        return [label, _text(LEFT + 4, y + BAR - 1, "not measured")]
    low, middle, high = (
        LEFT + scale * at
        for at in (min(bar.ratios), statistics.median(bar.ratios), max(bar.ratios))
    )
    at, top, end = y + BAR / 2, y + BAR / 2 - CAP, y + BAR / 2 + CAP
    kind = "bar first" if bar.first else "bar"
    path = f"M{low:.1f} {top}V{end}M{low:.1f} {at}H{high:.1f}M{high:.1f} {top}V{end}"
    told = spread(bar.ratios, ratio_digits(bar.ratios))
    return [
        label,
        f'<rect class="{kind}" x="{LEFT}" y="{y}" width="{middle - LEFT:.1f}" height="{BAR}"/>',
        f'<path class="spread" fill="none" d="{path}"/>',
        _text(WIDTH - RIGHT + 12, y + BAR - 1, told),
    ]


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {place} class="{kind}">{escape(words)}</text>'


def of_peers(report: Report) -> str | None:
    """The peers and we, each against the loop beside it."""
    figures = _by_title(report)
    if OURS not in figures:
        return None
    titles = [OURS, *(peer.title for peer in PEERS.values())]
    bars = [Bar(title, figures[title]["ratios"], title == OURS) for title in titles]
    title = "The tutorial's loop with each loss logged, against the loop alone"
    return drawn(
        title, "the loop alone", [Group(bars=bars)], _footnote(report, len(bars[0].ratios))
    )


def of_runs(report: Report) -> str | None:
    """Runs side by side against the tutorial's loop on one thread."""
    figures = _by_title(report)
    if ALONE not in figures:
        return None
    alone = figures[ALONE]["values"]
    groups = []
    for count in COUNTS:
        bars = []
        for way in GRADIENTS:
            values = figures[in_book(count, way)]["values"]
            ratios = [mine / its for mine, its in zip(values, alone, strict=True)]
            bars.append(Bar(way.replace("_", " "), ratios, way == "autograd"))
        groups.append(Group("1 run" if count == 1 else f"{count} runs side by side", bars))
    title = "Runs side by side, all their iterations together, against the tutorial's loop"
    return drawn(title, "the tutorial's loop", groups, _footnote(report, len(alone)))


def of_viewers(report: Report) -> str | None:
    """Runs that many watch, against the same runs alone."""
    figures = _by_title(report)
    titles = [viewers.watched_by(count) for count in viewers.COUNTS]
    if titles[0] not in figures:
        return None
    bars = [
        Bar(viewers.people(count), figures[title]["ratios"], count == viewers.MANY)
        for count, title in zip(viewers.COUNTS, titles, strict=True)
    ]
    title = f"{viewers.RUNS} runs, watched by many on the same cores, against the same runs alone"
    return drawn(
        title, "the same runs alone", [Group(bars=bars)], _footnote(report, len(bars[0].ratios))
    )


PICTURES = {"peers.svg": of_peers, "runs.svg": of_runs, "viewers.svg": of_viewers}


def draw(report: Report, folder: Path) -> None:
    """Write each picture for which the report has the figures."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in PICTURES.items():
        if (svg := picture(report)) is not None:
            (folder / name).write_text(svg)
            print(folder / name, file=sys.stderr)


def together(reports: Sequence[Report]) -> Report:
    """One report of all their rounds. Of one machine: what the first says of it holds."""
    figures: dict[str, Any] = {}
    for report in reports:
        for title, figure in _by_title(report).items():
            of_all = figures.setdefault(title, {**figure, "values": [], "ratios": []})
            of_all["values"] = of_all["values"] + figure["values"]
            of_all["ratios"] = of_all["ratios"] + figure["ratios"]
    return {**reports[0], "figures": list(figures.values())}


def _by_title(report: Report) -> dict[str, Any]:
    return {figure["title"]: figure for figure in report["figures"]}


def _footnote(report: Report, rounds: int) -> str:
    machine = f"{report['cores']} cores, {report['processor']} with {report['cpu_capability']}"
    counted = "1 round" if rounds == 1 else f"{rounds} rounds"
    versions = f"Python {report['python']}, torch {report['torch']}"
    return f"{machine}; {versions}; {counted}: median (lowest .. highest)"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.pictures", description=__doc__)
    parser.add_argument("folder", type=Path, help=f"the README's are in {FOLDER.name}/ beside this")
    parser.add_argument(
        "reports", type=Path, nargs="+", help="as --json of the benchmark writes them"
    )
    options = parser.parse_args()
    draw(together([json.loads(path.read_text()) for path in options.reports]), options.folder)


if __name__ == "__main__":
    main()
