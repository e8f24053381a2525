"""Curves in dots, told from the dots: nothing here knows a run."""

import math

import numpy as np
import pytest

from reluscope.cli import plot

WIDTH, HEIGHT = 41, 11
COLUMNS, ROWS = WIDTH - plot.LABEL - 2, HEIGHT - 1


def curve(losses, *, log=False, pieces=7):
    made = plot.Curve(log=log)
    for at in range(0, len(losses), pieces):
        made.extend(at, np.array(losses[at : at + pieces], float))
    return made


def lines(*curves):
    """The characters of the plot alone, row by row."""
    return [line[plot.LABEL + 2 :] for line in plot.draw(curves, WIDTH, HEIGHT).plain.split("\n")][
        :-1
    ]


def dots(drawn):
    """Which dots are set, (rows, columns), told anew from the characters."""
    grid = np.zeros((4 * len(drawn), 2 * COLUMNS), bool)
    for row, line in enumerate(drawn):
        for column, character in enumerate(line):
            bits = ord(character) - plot.BRAILLE
            if 0 < bits < 256:
                for y, pair in enumerate(plot.DOTS):
                    for x, bit in enumerate(pair):
                        grid[4 * row + y, 2 * column + x] = bool(bits & bit)
    return grid


def test_a_line_that_falls_is_drawn_from_corner_to_corner_without_a_gap():
    grid = dots(lines(curve(list(range(200, 0, -1)))))
    assert grid[0, 0]
    assert grid[-1, -1]
    assert grid.any(0).all()
    assert grid.any(1).all()
    firsts = grid.argmax(0)
    assert (np.diff(firsts) >= 0).all()


def test_a_step_is_drawn_without_a_gap():
    assert dots(lines(curve([1.0] * 100 + [100.0] * 100))).any(1).all()


@pytest.mark.parametrize(("peak", "row"), [(100, 0), (-100, -1)])
def test_a_peak_of_one_iteration_in_many_is_seen(peak, row):
    losses = np.ones(100_000)
    losses[50_000] = peak
    seen = dots(lines(curve(losses.tolist(), pieces=1000)))[row]
    assert abs(seen.argmax() - COLUMNS) <= 1
    assert 1 <= seen.sum() <= 2


def test_a_logarithmic_axis_has_what_is_above_0_and_tells_of_the_rest():
    made = curve([1e8, 1e4, 0.0, 1.0, -1.0, math.nan, math.inf, -math.inf], log=True)
    assert made.bounds() == (0, 8)
    assert made.missing == "1 NaN, 1 infinite, 3 <= 0"
    told = plot.draw([made], WIDTH, HEIGHT).plain.split("\n")
    assert told[0].startswith("    1e+08 ┤")
    assert told[-2].startswith("        1 ┤")


def test_what_is_not_finite_is_marked_where_it_was():
    losses = [1.0] * 100
    losses[50] = math.nan
    first = lines(curve(losses))[0]
    assert first.index(plot.MISSING) == COLUMNS // 2
    assert first.count(plot.MISSING) == 1


@pytest.mark.parametrize("losses", [[], [math.nan], [5.0], [5.0, 5.0], [0.0]], ids=str)
@pytest.mark.parametrize("log", [True, False])
def test_what_has_no_height_is_drawn_all_the_same(losses, log):
    drawn = lines(curve(losses, log=log))
    assert len(drawn) == ROWS
    assert {len(line) for line in drawn} == {COLUMNS}


def test_curves_share_their_axes_and_have_colours_of_their_own():
    drawn = plot.draw([curve([1.0] * 10), curve([2.0] * 20)], WIDTH, HEIGHT)
    grid = dots([line[plot.LABEL + 2 :] for line in drawn.plain.split("\n")][:-1])
    assert grid[0].all()
    assert 0 < grid[-1].sum() <= COLUMNS + 2
    assert {str(span.style) for span in drawn.spans} == {"dim", *plot.COLOURS[:2]}


def test_what_a_crash_took_back_is_drawn_anew():
    made = curve([5.0] * 100)
    made.extend(50, np.full(20, 1.0))
    assert (made.length, made.bounds()) == (70, (1, 5))
    made.extend(0, np.full(3, 2.0))
    assert (made.length, made.bounds()) == (3, (2, 2))
