"""What the README shows is what the server does."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import pairwise
from pathlib import Path
from subprocess import PIPE
from typing import Any

import httpx
import pytest

from reluscope.runs.sweep import SweepSpec
from reluscope.training.relus import RELUS
from reluscope.training.rules import RULES
from reluscope.training.spec import DTYPES, GRADIENTS, RunSpec
from tests.house.serving import serving
from tests.waiting import eventually

README = (Path(__file__).parents[2] / "README.md").read_text()
ADDRESS = "http://127.0.0.1:8000"
MODULE = (sys.executable, "-m", "reluscope")


def blocks(language: str) -> list[str]:
    """The README's blocks of code in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving([*MODULE, "--port", "0"], tmp_path_factory.mktemp("server")) as server:
        yield server.url


def test_its_spec_is_the_default() -> None:
    told = json.loads(blocks("json")[0])
    assert told.keys() == RunSpec.model_fields.keys()
    assert RunSpec.model_validate(told) == RunSpec()
    named = set(re.findall(r"`([a-z0-9_]+)`", README))
    assert named >= {*RELUS, *RULES, *GRADIENTS, *DTYPES}


def test_its_sweeps_are_sweeps() -> None:
    left = blocks("json")[1]
    counts = []
    while left := left.strip():
        body, length = json.JSONDecoder().raw_decode(left)
        sweep = SweepSpec.model_validate(body)
        counts += [len([RunSpec.model_validate(member.spec) for member in sweep.members()])]
        left = left[length:]
    assert counts == [6, 20, 2]


def test_its_calls_are_those_of_the_api(url: str) -> None:
    api = httpx.get(f"{url}/api/openapi.json", trust_env=False).json()["paths"]
    offered = {f"{method.upper()} {path}" for path, methods in api.items() for method in methods}
    shown = set()
    for line in re.findall(r"^\| `(?:GET|POST|PATCH|DELETE) .*", README, re.MULTILINE):
        first, *more = re.findall(r"`([^`]+)`", line.split("|")[1])
        stem = first.rpartition("/")[0]
        shown |= {first, *(f"{stem}{verb}" for verb in more)}
    assert shown == offered


def test_its_curl_calls_train_the_tutorials(
    url: str, tutorial_losses: dict[str, list[float]]
) -> None:
    shown = next(block for block in blocks("sh") if block.startswith("curl"))
    answers = [call(line, url) for line in shown.replace("\\\n", "").splitlines()]
    for answer in answers:
        assert answer.is_success, answer.text
    runs = [f"{url}{answer.headers['location']}" for answer in answers if answer.status_code == 201]
    for run, losses in zip(runs, tutorial_losses.values(), strict=True):
        httpx.patch(run, json={"pace": None}, trust_env=False)
        eventually(partial(has_finished, run), run)
        assert get(f"{run}/losses")["losses"] == losses


def test_its_export_comes_in_again_and_is_read_by_hand(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run_id = start(url, 3)
    run = f"{url}/api/runs/{run_id}"
    eventually(partial(has_finished, run), run)
    shown = next(block for block in blocks("sh") if "/api/export" in block)
    for line in shown.replace("$RUN", run_id).splitlines():
        answer = call(line, url)
        assert answer.is_success, answer.text
        if answer.status_code == 201:
            (came,) = answer.json()["runs"]
            compared = get(f"{url}/api/compare?a={run_id}&b={came['id']}")
            assert (compared["equal"], compared["compared"]) == (True, 200)
    losses = get(f"{run}/losses")["losses"]
    rows = [row.split(",") for row in Path("losses.csv").read_text().splitlines()]
    assert [float(loss) for _, loss in rows[1:]] == losses
    by_hand = next(block for block in blocks("python") if "zipfile" in block)
    done = subprocess.run([sys.executable, "-c", by_hand], stdout=PIPE, text=True, check=True)
    name, _, shown = done.stdout.partition(" ")
    assert name == f"{run_id}/losses.npy"
    assert [float(loss) for loss in shown.strip("[]\n").split()] == pytest.approx(losses)


def test_its_fork_and_its_replay_are_made(url: str) -> None:
    run_id = start(url, 3)
    eventually(partial(has_finished, f"{url}/api/runs/{run_id}"), run_id)
    shown = next(block for block in blocks("sh") if "/fork" in block)
    lines = shown.replace("\\\n", "").replace("$RUN", run_id).splitlines()
    forked, replayed = (call(line, url) for line in lines)
    assert (forked.status_code, replayed.status_code) == (201, 201)
    (fork,) = forked.json()["runs"]
    assert fork["forked_from"] == {"id": run_id, "iteration": 100}
    assert (fork["spec"]["relu"], fork["spec"]["update"]["lr"]) == ("half_abs", 5e-7)
    eventually(partial(has_finished, f"{url}/api/runs/{replayed.json()['id']}"), "the replay")
    compared = get(f"{url}/api/compare?a={run_id}&b={replayed.json()['id']}")
    assert (compared["equal"], compared["compared"]) == (True, 200)


def call(line: str, url: str) -> httpx.Response:
    """What curl would do."""
    words = shlex.split(line)
    address = next(word for word in words if word.startswith(ADDRESS))
    options = dict(pairwise(words))
    name, _, value = options.get("-H", ":").partition(": ")
    content: str | bytes | None = options.get("-d")
    if "--data-binary" in options:
        content = Path(options["--data-binary"].removeprefix("@")).read_bytes()
    answer = httpx.request(
        options.get("-X", "GET"),
        address.replace(ADDRESS, url),
        headers={name: value} if value else {},
        content=content,
        trust_env=False,
    )
    if "-o" in options:
        Path(options["-o"]).write_bytes(answer.content)
    return answer


def has_finished(run: str) -> bool:
    return bool(get(run)["status"] == "finished")


def get(url: str) -> Any:
    return httpx.get(url, trust_env=False).json()


def test_its_script_streams_a_run_and_waits_for_a_sweep(url: str) -> None:
    script = next(block for block in blocks("python") if "Client()" in block)
    environment = {**os.environ, "RELUSCOPE_URL": url}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, stdout=PIPE, text=True, check=True, env=environment)
    printed = [line.split() for line in done.stdout.splitlines()]
    assert [int(iteration) for iteration, _ in printed[:-4]] == list(range(500))
    assert [row[:2] for row in printed[-4:]] == [
        [lr, relu] for lr in ("1e-07", "1e-06") for relu in ("clamp", "half_abs")
    ]
    newest, *_ = (run for run in get(f"{url}/api/runs?relu=my_relu")["runs"] if not run["sweep"])
    told = get(f"{url}/api/runs/{newest['id']}/losses")["losses"]
    assert [float(loss) for _, loss in printed[:-4]] == told


def test_its_client_prints_every_loss(url: str, tmp_path: Path) -> None:
    """Of a run that is there before it comes, and of one that is started while it watches."""
    client = next(block for block in blocks("python") if "websockets" in block)
    script = tmp_path / "client.py"
    script.write_text(client.replace("127.0.0.1:8000", url.removeprefix("http://")))
    expected = {start(url, 1): 200}
    printed: dict[str, list[float]] = {}
    with (
        subprocess.Popen([sys.executable, "-u", script], stdout=PIPE, text=True) as process,
        ExitStack() as ending,
    ):
        ending.callback(process.kill)
        assert process.stdout
        for line in process.stdout:
            run_id, iteration, loss = line.split()
            losses = printed.setdefault(run_id, [])
            assert int(iteration) == len(losses)
            losses.append(float(loss))
            if len(expected) == 1:
                expected[start(url, 2)] = 200
            if {run_id: len(printed.get(run_id, [])) for run_id in expected} == expected:
                break
    for run_id in expected:
        assert printed[run_id] == get(f"{url}/api/runs/{run_id}/losses")["losses"]


def test_its_own_relu_and_rule_train(tmp_path: Path) -> None:
    own = next(block for block in blocks("python") if "@implementation" in block)
    (tmp_path / "my_relu.py").write_text(own)
    shown = next(block for block in blocks("sh") if "--load" in block)
    serve, check = (shlex.split(line, comments=True) for line in shown.splitlines())
    with serving([*MODULE, *serve[1:], "--port", "0"], tmp_path) as server:
        spec = {"relu": "my_leaky", "update": {"rule": "sign_of_mean"}}
        run = f"{server.url}/api/runs/" + start(server.url, 0, **spec)
        eventually(partial(has_finished, run), run)
        assert get(run)["min_loss"] < get(f"{run}/losses")["losses"][0]
    done = subprocess.run([*MODULE, *check[1:]], cwd=tmp_path, stdout=PIPE, text=True, check=True)
    assert done.stdout.startswith("my_leaky, ")


def start(url: str, seed: int, **more: Any) -> str:
    """Start a run of 200 iterations; its id."""
    spec = {"relu": "my_relu", "iterations": 200, "seed": seed, **more}
    run_id: str = httpx.post(f"{url}/api/runs", json=spec, trust_env=False).json()["id"]
    return run_id
