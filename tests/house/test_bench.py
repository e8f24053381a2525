"""The benchmark measures what it says, and says whether that is enough; how much it is, is no test."""

import json
import re
import select
import socket
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from reluscope.blocks import Losses, encode
from reluscope.runs.store.database import Database
from reluscope.runs.store.folder import FILE
from reluscope.runs.store.reading import lengths
from reluscope.runs.store.tables import CHUNK
from reluscope.runs.store.writing import MAX_CHUNKS
from reluscope.server.socket.line import binary, text
from tests.bench import crowd, sizes, training, viewers
from tests.bench.__main__ import main
from tests.bench.peers.beside import Beside
from tests.bench.peers.environments import NotHere
from tests.bench.peers.loggers import PEERS
from tests.bench.peers.part import OURS, Measured
from tests.bench.pictures import FOLDER, PICTURES, draw, together
from tests.bench.report import Figure, report, table
from tests.bench.sizes import grown
from tests.bench.stored import keep
from tests.bench.targets import Limit, Target, verdict

ROOT = Path(__file__).parents[2]

SVG = "http://www.w3.org/2000/svg"


BASE = Figure("base", "it/s", values=[100.0, 100.0, 100.0])


def target(values: list[float], floor: list[float] | None = None) -> Target:
    of_floor = Figure("floor", "it/s", BASE, floor) if floor else None
    return Target(Figure("ours", "it/s", BASE, values), 1.5, of_floor)


@pytest.mark.parametrize(
    ("values", "floor", "quiet", "code"),
    [
        ([150.0] * 3, None, [0, 1, 2], 0),
        ([140.0] * 3, None, [0, 1, 2], 1),
        ([10.0, 160.0, 170.0], None, [0, 1, 2], 0),
        ([10.0, 160.0, 170.0], None, [0], 1),
        ([130.0] * 3, [140.0] * 3, [0, 1, 2], 0),
        ([120.0] * 3, [140.0] * 3, [0, 1, 2], 1),
        ([150.0] * 3, None, [], 2),
    ],
)
def test_its_exit_code_is_its_verdict(
    values: list[float], floor: list[float] | None, quiet: list[int], code: int
) -> None:
    assert verdict([target([150.0] * 3), target(values, floor)], quiet, 3) == code


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        (Limit(Figure("ours", "ms", values=[90.0, 300.0, 100.0]), 100.0), 0),
        (Limit(Figure("ours", "ms", values=[90.0, 101.0, 102.0]), 100.0), 1),
        (Limit(Figure("ours", "1/s", values=[2.0, 9.0, 8.0]), 8.0, is_least=True), 0),
        (Limit(Figure("ours", "1/s", values=[2.0, 9.0, 7.0]), 8.0, is_least=True), 1),
        (Limit(Figure("ours", "%", values=[20.0]), 20.0, each_round=False), 0),
        (Limit(Figure("ours", "%", values=[21.0]), 20.0, each_round=False), 1),
    ],
)
def test_what_is_told_in_its_own_unit_has_a_limit(limit: Limit, code: int) -> None:
    assert verdict([limit], [0, 1, 2], 3) == code


def test_every_figure_is_measured_and_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.json"
    asked = "--only training --rounds 1 --window 0.05 --pairs 1 --listed 100 --json"
    monkeypatch.setattr(sys, "argv", ["tests.bench", *asked.split(), str(report)])
    for name, value in {"COUNTS": (1, 2, 4), "MANY": 4, "THREADS": 4}.items():
        monkeypatch.setattr(training, name, value)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, 1, 2)
    figures = json.loads(report.read_text())["figures"]
    assert len(figures) > 8
    said = capsys.readouterr().out
    for figure in figures:
        assert figure["title"] in said
        assert len(figure["values"]) == 1
        assert figure["values"][0] > 0 or "others" in figure["title"]


def test_every_figure_of_sizes_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    few = {"SHARES": (0.1, 1.0), "NETWORKS": ((100, 10), (100, 40)), "TIMES": 2}
    for name, value in few.items():
        monkeypatch.setattr(sizes, name, value)
    with sizes.opened(window_s=0.05, long=20_000, most=20) as part:
        part.round()
    assert len(part.figures) > 8
    for figure in part.figures:
        assert len(figure.values) == 1, figure.title
        assert figure.values[0] > 0, figure.title


def test_every_figure_of_viewers_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    few = {"COUNTS": (1, 2), "MANY": 2, "WINDOW_S": 0.4, "CAUGHT_UP_S": 0.2, "ENOUGH": 5}
    for name, value in few.items():
        monkeypatch.setattr(viewers, name, value)
    with viewers.opened() as part:
        part.round()
    measured = {figure.title: figure.values for figure in part.figures}
    assert measured.pop("losses that did not come, to all of them") == [0]
    may_be_none = ("others", "memory")
    for title, values in measured.items():
        assert len(values) == 1, title
        assert values[0] > 0 or any(word in title for word in may_be_none), title


@pytest.fixture
def talking() -> Iterator[tuple[socket.socket, str]]:
    """A server of one viewer, which says what the test does; and its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening, f"http://127.0.0.1:{listening.getsockname()[1]}"


@pytest.mark.parametrize(("second", "missed"), [(5, 0), (6, 1), (4, 1)])
def test_a_loss_that_a_viewer_of_the_crowd_misses_is_seen(
    talking: tuple[socket.socket, str], second: int, missed: int
) -> None:
    run_id = str(uuid.UUID(int=7))

    def frame(first: int) -> bytes:
        return binary(encode(Losses(run_id, first, np.zeros(5), time.time())))

    def talk() -> None:
        one, _ = talking[0].accept()
        with one:
            one.recv(2**16)
            one.sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
            one.recv(2**16)
            messages = frame(0) + text('{"type":"runs"}') + frame(second)
            for at in range(len(messages)):  # each byte may be the last that has come yet
                one.sendall(messages[at : at + 1])

    speaking = threading.Thread(target=talk)
    speaking.start()
    viewer, delays = crowd.Viewer(talking[1], {run_id: 0}), list[float]()
    with viewer.socket:
        while select.select([viewer.socket], [], []) and viewer.read(delays):
            pass
    speaking.join()
    assert (viewer.frames, viewer.losses, viewer.missed) == (2, 10, missed)
    assert len(delays) == 2


def test_a_run_of_any_length_is_kept_whole(tmp_path: Path) -> None:
    run = grown(MAX_CHUNKS * CHUNK + 1)  # more than goes into a batch
    keep(tmp_path / "data", [run])
    database = Database.in_file(tmp_path / "data" / FILE)
    with database.open().connect() as connection:
        losses, _, of_checkpoint = lengths(connection)[run.id]
    database.close()
    assert losses == MAX_CHUNKS * CHUNK + 1
    assert of_checkpoint > 0


def test_what_cannot_be_measured_here_is_told_as_such() -> None:
    def measure() -> Beside:
        raise NotHere("no wheel for this system")

    peer = Measured("a peer", measure)
    peer.note()
    told = "not measured: no wheel for this system"
    assert told in table(peer.figures)
    assert {figure.as_json()["missing"] for figure in peer.figures} == {told}


def test_a_peer_that_fails_once_is_not_measured_again() -> None:
    rounds: list[Beside | NotHere] = [Beside(100.0, 90.0, 0.1), NotHere("it ended")]

    def measure() -> Beside:
        came = rounds.pop(0)
        if isinstance(came, NotHere):
            raise came
        return came

    peer = Measured("a peer", measure)
    peer.note()
    assert peer.logged.ratios == [0.9]
    peer.note()
    peer.note()
    assert peer.logged.values == []
    assert peer.logged.missing == "not measured: it ended"


def report_of(*ours: float) -> dict[str, Any]:
    base = Figure("the loop", "it/s", values=[100.0] * len(ours))
    figures = [
        Figure(OURS, "it/s", base, [100 * ratio for ratio in ours]),
        *(Figure(peer.title, "it/s", missing="not measured: x < y") for peer in PEERS.values()),
    ]
    machine = {"cores": 2, "processor": "a & b", "cpu_capability": "AVX2"}
    return report({**machine, "python": "3.14", "torch": "2.13"}, figures)


def test_pictures_tell_the_median_and_the_spread_of_all_rounds(tmp_path: Path) -> None:
    draw(together([report_of(1.0, 1.25), report_of(1.5)]), tmp_path)
    (picture,) = tmp_path.iterdir()  # there was no training
    words = [text.text for text in ET.parse(picture).iter(f"{{{SVG}}}text")]
    assert "1.25 (1.00 .. 1.50)" in words
    assert any("a & b" in word and "3 rounds" in word for word in words if word)
    assert words.count("not measured") == len(PEERS)


def test_the_readmes_pictures_are_those_that_are_drawn() -> None:
    readme = (ROOT / "README.md").read_text()
    shown = re.findall(r"\(tests/bench/pictures/(.+?)\)", readme)
    assert sorted(shown) == sorted(PICTURES)
    for name in shown:
        assert ET.parse(FOLDER / name).getroot().tag == f"{{{SVG}}}svg"
