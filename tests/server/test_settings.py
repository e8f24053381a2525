import contextlib
import socket
import sys
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from reluscope import __main__ as command
from reluscope.cli import serve
from reluscope.settings import Settings

from .serving import LONG, TINY, Process, in_thread


@pytest.fixture
def run(monkeypatch):
    """The settings that the command gets from options and environment, or its exit."""

    def start(*options: str, **environment: str) -> Settings:
        found: list[Settings] = []
        monkeypatch.setattr(serve, "serve", found.append)
        monkeypatch.setattr(sys, "argv", ["reluscope", *options])
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ending:
            command.main()
        if ending.value.code:
            raise ending.value
        return found[0]

    return start


def test_without_options_it_serves_this_machine_alone(run):
    settings = run()
    assert (settings.host, settings.port, settings.allow_host) == ("127.0.0.1", 8000, [])
    assert settings.workers >= 1


@pytest.mark.parametrize(
    ("option", "variable", "field", "value"),
    [
        ("--host=0.0.0.0", {"RELUSCOPE_HOST": "0.0.0.0"}, "host", "0.0.0.0"),
        ("--port=1234", {"RELUSCOPE_PORT": "1234"}, "port", 1234),
        ("--workers=3", {"RELUSCOPE_WORKERS": "3"}, "workers", 3),
        ("--memory=1000000", {"RELUSCOPE_MEMORY": "1000000"}, "memory", 1_000_000),
        ("--memory=2GiB", {"RELUSCOPE_MEMORY": "2 GiB"}, "memory", 2 * 1024**3),
        ("--max-live=5", {"RELUSCOPE_MAX_LIVE": "5"}, "max_live", 5),
        ("--max-runs=6", {"RELUSCOPE_MAX_RUNS": "6"}, "max_runs", 6),
        ("--log-level=error", {"RELUSCOPE_LOG_LEVEL": "error"}, "log_level", "error"),
        ("--log-format=json", {"RELUSCOPE_LOG_FORMAT": "json"}, "log_format", "json"),
        (
            "--webhook=https://a.b/c",
            {"RELUSCOPE_WEBHOOK": "https://a.b/c"},
            "webhook",
            [SecretStr("https://a.b/c")],
        ),
        (
            f"--webhook-secret={16 * 's'}",
            {"RELUSCOPE_WEBHOOK_SECRET": 16 * "s"},
            "webhook_secret",
            SecretStr(16 * "s"),
        ),
        ("--data=/a/b", {"RELUSCOPE_DATA": "/a/b"}, "data", Path("/a/b")),
        ("--no-store", {"RELUSCOPE_STORE": "false"}, "store", False),
        ("--resume=never", {"RELUSCOPE_RESUME": "never"}, "resume", "never"),
        ("--keep=100", {"RELUSCOPE_KEEP": "100"}, "keep", (100, None)),
        ("--keep=2GiB", {"RELUSCOPE_KEEP": "2 GiB"}, "keep", (None, 2 * 1024**3)),
        ("--load=a.py", {"RELUSCOPE_LOAD": "a.py"}, "load", [Path("a.py")]),
        (
            "--embed-origin=https://A.b:1",
            {"RELUSCOPE_EMBED_ORIGIN": "https://a.b:1"},
            "embed_origin",
            1,
        ),
        ("--allow-host=a.example", {"RELUSCOPE_ALLOW_HOST": '["a.example"]'}, "allow_host", 0),
    ],
)
def test_an_option_and_its_variable_mean_the_same(run, option, variable, field, value):
    expected = {"allow_host": ["a.example"], "embed_origin": ["https://a.b:1"]}.get(field, value)
    assert getattr(run(option), field) == expected
    assert getattr(run(**variable), field) == expected


def test_the_data_folder_is_told_whole_wherever_it_was_named_from(run, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert run("--data", "a b/ä").data == tmp_path / "a b" / "ä"
    assert run("--data", "~/runs").data == tmp_path / "home" / "runs"
    assert run("--data", ".").data == tmp_path


@pytest.mark.parametrize("field", ["port", "data", "database_url", "keep", "allow_host"])
def test_what_is_empty_is_as_good_as_left_out(run, field):
    usual = run()
    assert run(f"--{field.replace('_', '-')}", "") == usual
    assert run(**{f"RELUSCOPE_{field.upper()}": ""}) == usual


def test_an_option_goes_before_its_variable(run):
    assert run("--port", "2", RELUSCOPE_PORT="1").port == 2


def test_serve_may_be_said(run):
    assert run("serve").port == 8000
    assert run("serve", "--port", "2").port == 2


def test_several_files_may_be_loaded(run):
    several = [Path("a.py"), Path("b.py")]
    assert run("--load", "a.py", "--load", "b.py").load == several
    assert run("--load", "a.py,b.py").load == several
    assert run(RELUSCOPE_LOAD="a.py,b.py").load == several


def test_several_hosts_may_be_allowed(run):
    several = ["a.example", "b.example"]
    assert run("--allow-host", "a.example", "--allow-host", "b.example").allow_host == several


def test_a_host_in_the_environment_needs_no_brackets(run):
    assert run(RELUSCOPE_ALLOW_HOST="a.example").allow_host == ["a.example"]
    assert run(RELUSCOPE_ALLOW_HOST="a.example,b.example").allow_host == ["a.example", "b.example"]


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--port", "x"], "port"),
        (["--port", "70000"], "port"),
        (["--port", "-1"], "port"),
        (["--workers", "0"], "workers"),
        (["--memory", "0"], "memory"),
        (["--max-live", "0"], "--max-live"),
        (["--log-level", "loud"], "--log-level"),
        (["--log-format", "xml"], "--log-format"),
        (["--webhook", "ftp://a.b"], "--webhook: expected a URL of http or https"),
        (["--webhook", "https://"], "--webhook: expected a URL of http or https"),
        (["--webhook", "https://a.b:c"], "--webhook: expected a URL of http or https"),
        (["--webhook", "https://a.b/\nc"], "--webhook: expected a URL of http or https"),
        (["--webhook", "a.b"], "--webhook: expected a URL of http or https"),
        (["--webhook-secret", "short"], "--webhook-secret"),
        (["--keep", "0"], "--keep: expected a number of runs, as in 1000, or a size, as in 2GiB"),
        (["--keep", "-1"], "--keep: expected a number of runs"),
        (["--keep", "many"], "--keep: expected a number of runs"),
        (["--keep", "2QB"], "--keep: expected a number of runs"),
        (["--data", "~nobody-of-this-name/runs"], "--data: nobody of that name has a home here"),
        (["--embed-origin", "wiki.example"], "--embed-origin: expected an origin"),
        (["--embed-origin", "https://wiki.example/"], "--embed-origin: expected an origin"),
        (["--embed-origin", "https://*.example"], "--embed-origin: expected an origin"),
        (
            ["--embed-origin", "https://a.example; script-src *"],
            "--embed-origin: expected an origin",
        ),
        (["--nonsense", "1"], "nonsense"),
        (["nonsense"], "nonsense"),
        (["--port", "1", "serve"], "serve"),
    ],
    ids=str,
)
def test_a_wrong_option_ends_it_with_a_line_that_names_it(run, capsys, options, word):
    with pytest.raises(SystemExit) as ending:
        run(*options)
    assert ending.value.code
    said = f"{capsys.readouterr().err} {ending.value.code}"
    assert word in said
    assert "Traceback" not in said
    assert "pydantic" not in said


def test_the_help_speaks_of_every_option_in_words(run, capsys):
    with pytest.raises(IndexError):  # no settings
        run("--help")
    told = capsys.readouterr().out
    for field, told_of in Settings.model_fields.items():
        assert f"--{field.replace('_', '-')}" in told
        assert " ".join(str(told_of.description).split()[:3]) in " ".join(told.split())
    for word in ("Secret", "ByteSize", "Limit", "Path", "list[", "null", "str "):
        assert word not in told


def test_a_wrong_variable_ends_it_with_a_line_that_names_it(run, capsys):
    with pytest.raises(SystemExit) as ending:
        run(RELUSCOPE_PORT="none")
    assert ending.value.code
    assert "port" in f"{capsys.readouterr().err} {ending.value.code}".lower()


def test_the_command_itself():
    """Options, variables, a wrong one, and a port that is taken, each as a process of its own."""
    taken = socket.create_server(("127.0.0.1", 0))
    with contextlib.ExitStack() as stack:
        stack.enter_context(taken)

        def start(*options: str, **environment: str) -> Process:
            process = Process(*options, fresh=True, **environment)
            stack.callback(process.close)
            return process

        served = start("--max-live", "1", RELUSCOPE_PORT="0", RELUSCOPE_MAX_LIVE="2")
        wrong = start("--port", "none")
        second = start("--port", str(taken.getsockname()[1]))
        url = f"http://127.0.0.1:{served.until_listening()}/api/catalog"
        assert httpx.get(url).json()["limits"]["live_runs"] == 1
        assert wrong.wait() > 0
        assert "port" in wrong.log
        assert "Traceback" not in wrong.log
        assert second.wait() > 0
        assert "address already in use" in second.log
        assert "Traceback" not in second.log


def test_options_reach_the_book():
    with in_thread(max_live=1, max_runs=2, memory=50_000_000, workers=3) as server:
        api = server.api
        assert api.http.get("/api/catalog").json()["limits"]["memory_bytes"] == 50_000_000
        first = api.start(**LONG)
        assert "1 runs are live" in api.http.post("/api/runs", json=LONG).json()["detail"]
        api.verb(first, "stop")
        api.until_ended(api.start(**TINY))
        assert "2 runs are kept" in api.http.post("/api/runs", json=LONG).json()["detail"]
        (turning,) = server.book._rounds.values()
        assert len(turning._threads) == 3
