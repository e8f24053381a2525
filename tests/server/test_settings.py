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
        ("--host=127.0.0.2", {"RELUSCOPE_HOST": "127.0.0.2"}, "host", "127.0.0.2"),
        ("--max-sockets=7", {"RELUSCOPE_MAX_SOCKETS": "7"}, "max_sockets", 7),
        ("--max-writes=8", {"RELUSCOPE_MAX_WRITES": "8"}, "max_writes", 8),
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
        ("--uds=/a/b", {"RELUSCOPE_UDS": "/a/b"}, "uds", Path("/a/b")),
        ("--root-path=/a/b", {"RELUSCOPE_ROOT_PATH": "/a/b"}, "root_path", "/a/b"),
        (
            "--trust-proxy=Unix,10.0.0.2,10.1.0.0/16",
            {"RELUSCOPE_TRUST_PROXY": '["unix", "10.0.0.2/32", "10.1.0.0/16"]'},
            "trust_proxy",
            ["unix", "10.0.0.2/32", "10.1.0.0/16"],
        ),
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
def test_an_option_and_its_variable_mean_the_same(run, monkeypatch, option, variable, field, value):
    monkeypatch.setenv("RELUSCOPE_TOKEN", "0123456789abcdef")  # some are not let in without one
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


@pytest.mark.parametrize("given", ["[::1]:9000,[fd00::1]", '["[::1]:9000", "[fd00::1]"]'])
def test_an_address_of_ipv6_is_no_list(run, given):
    named = ["[::1]:9000", "[fd00::1]"]
    assert run("--allow-host", given).allow_host == named
    assert run(RELUSCOPE_ALLOW_HOST=given).allow_host == named
    assert run("--allow-host", named[0], "--allow-host", named[1]).allow_host == named


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://lab.example:443", "https://lab.example"),
        ("http://lab.example:80", "http://lab.example"),
        ("https://lab.example:80", "https://lab.example:80"),
        ("https://lab.example:8443", "https://lab.example:8443"),
    ],
)
def test_an_origin_is_as_browsers_have_it(run, given, origin):
    """They leave out the port that its scheme says."""
    assert run("--cors-origin", given).cors_origin == [origin]


def test_an_option_goes_before_its_variable(run):
    assert run("--port", "2", RELUSCOPE_PORT="1").port == 2


def test_serve_may_be_said(run):
    assert run("serve").port == 8000
    assert run("serve", "--port", "2").port == 2


def test_where_others_reach_it_a_token_lets_it_start(run):
    token = "0123456789abcdef"
    assert run("--host", "0.0.0.0", "--token", token).host == "0.0.0.0"
    assert run("--host", "localhost").token is None


def test_a_token_is_never_shown(run, capsys):
    secret = "0123456789abcdef"
    assert secret not in repr(run("--token", secret))
    with pytest.raises(SystemExit):
        run("--token", secret, "--view-token", secret)
    assert secret not in "".join(capsys.readouterr())


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
        (["--webhook", "https://a b/"], "--webhook: expected a URL of http or https"),
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
        (["--host", "0.0.0.0"], "--token: others than this machine reach 0.0.0.0"),
        (["--host", "::"], "--token: others than this machine reach ::"),
        (["--host", "scope.example"], "--token: others than this machine reach scope.example"),
        (["--host", "127.0.0.1.example"], "--token: others than this machine"),
        (["--trust-proxy", "10.0.0.2"], "--token: others come by way of a proxy"),
        (["--view-token", "0123456789abcdef"], "--view-token: whoever may do more needs a --token"),
        (["--token", "0123456789abcde"], "--token: expected at least 16 letters and digits"),
        (["--token", "0123456789 abcdef"], "--token: expected at least 16 letters and digits"),
        (["--allow-host", "https://a.example"], "--allow-host: expected a name"),
        (["--allow-host", "a.example:08443"], "--allow-host: expected a name"),
        (["--allow-host", "[::1"], "--allow-host: expected a name"),
        (["--cors-origin", "*"], "--cors-origin: expected an origin"),
        (["--root-path", "scope"], "--root-path: expected a path"),
        (["--root-path", "/scope/"], "--root-path: expected a path"),
        (["--root-path", "/a/../b"], "--root-path: expected a path"),
        (["--root-path", "/a;Path=b"], "--root-path: expected a path"),
        (["--root-path", "/api"], "--root-path: the server itself has paths that begin so"),
        (["--trust-proxy", "proxy.example"], "--trust-proxy: expected an address or a network"),
        (["--trust-proxy", "*"], "--trust-proxy: expected an address or a network"),
        (["--trust-proxy", "10.0.0.1/8"], "--trust-proxy: expected an address or a network"),
        (["--trust-proxy", "::/0"], "--trust-proxy: that is everybody"),
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
