"""Unix sockets and certificates, as the server takes and serves them."""

import contextlib
import fcntl
import os
import signal
import socket
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from reluscope.cli.serve import Server, prepare
from reluscope.errors import CannotListen
from reluscope.server.door import listening, protocol
from reluscope.server.door.listening import Listening, UnixSocket
from reluscope.settings import Settings
from tests.waiting import DEADLINE_S, eventually

from ..serving import TINY, Process, running
from ..watching import Curves, Viewer
from . import certificate
from .bare import Bare
from .certificate import PASSWORD, Certificate


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "socket"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate.make(tmp_path_factory.mktemp("certificate"))


def connects(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as asking:
        return asking.connect_ex(str(path)) == 0


def test_its_owner_alone_may_connect(path: Path) -> None:
    with contextlib.closing(UnixSocket(path)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert connects(path)
    assert not path.exists()


def test_so_may_the_group_that_its_folder_hands_on(path: Path) -> None:
    path.parent.chmod(0o2750)
    with contextlib.closing(UnixSocket(path)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert path.stat().st_gid == path.parent.stat().st_gid


def test_one_that_is_left_over_is_replaced_and_one_that_lives_is_not(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    with contextlib.closing(UnixSocket(path)):
        with pytest.raises(CannotListen, match=r"--uds: .*socket: another server is listening"):
            UnixSocket(path)
        assert connects(path)


def test_one_that_is_too_busy_to_answer_lives(path: Path) -> None:
    with contextlib.closing(UnixSocket(path, backlog=0)), socket.socket(socket.AF_UNIX) as waiting:
        waiting.connect(str(path))
        with pytest.raises(CannotListen, match="another server is listening"):
            UnixSocket(path)


def test_what_is_no_socket_is_left_alone(path: Path) -> None:
    path.write_text("a letter")
    with pytest.raises(CannotListen, match="something else has its name"):
        UnixSocket(path)
    assert path.read_text() == "a letter"


def test_a_place_that_is_no_more_its_own_is_left_alone(path: Path) -> None:
    first = UnixSocket(path)
    path.unlink()
    with contextlib.closing(UnixSocket(path)):
        first.close()
        assert connects(path)


def test_a_folder_that_somebody_locks_holds_up_neither_start_nor_end(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "LOCK_S", 0.0)
    made = UnixSocket(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        with pytest.raises(CannotListen, match="another program locks its folder"):
            UnixSocket(path.with_name("other"))
        made.close()
    finally:
        os.close(folder)
    with contextlib.closing(UnixSocket(path)):
        assert connects(path)


@pytest.mark.parametrize("name", ["none/socket", "s" * 200])
def test_where_none_can_be_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(CannotListen, match=r"--uds: .*: \w+"):
        UnixSocket(tmp_path / name)


def test_the_command_serves_there_and_tells_others_of_it(path: Path, tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    with contextlib.ExitStack() as stack:

        def start(*options: str) -> Process:
            process = Process("--workers", "1", *options, RELUSCOPE_DATA=data)
            stack.callback(process.close)
            return process

        first = start("--uds", str(path))
        eventually(lambda: f"running on socket {path} " in first.log, "the server's start")
        transport = httpx.HTTPTransport(uds=str(path))
        with httpx.Client(transport=transport, base_url="http://localhost") as http:
            assert http.get("/healthz").is_success
        told = Path(data, "server.json")
        eventually(lambda: told.exists() and f'"unix:{path}"' in told.read_text(), "word of it")
        same = start("--uds", str(path))
        assert same.wait() == 2
        assert same.log == f"reluscope: error: --uds: {path}: another server is listening there\n"
        first.send(signal.SIGKILL)
        first.wait()
        assert path.exists()
        next_one = start("--uds", str(path))
        eventually(lambda: "running on" in next_one.log, "the next server's start")
        assert connects(path)
        next_one.send(signal.SIGTERM)
        next_one.wait()
        assert not path.exists()


def test_a_store_that_is_anothers_leaves_no_socket(path: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = prepare(Settings(data=data, port=0, workers=1))
    with running(first):
        with pytest.raises(SystemExit):
            prepare(Settings(data=data, uds=path))
        assert not path.exists()


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"ssl_keyfile": "key"}, "--ssl-keyfile: needs --ssl-certfile"),
        ({"ssl_certfile": "none"}, "--ssl-certfile: .*/none: No such file"),
        ({"ssl_certfile": "certificate", "ssl_keyfile": "none"}, "--ssl-keyfile: .*: No such file"),
        ({"ssl_certfile": "key", "ssl_keyfile": "key"}, "no certificate and key, as PEM, in "),
        ({"ssl_certfile": "certificate"}, "no certificate and key, as PEM, in "),
        ({"ssl_certfile": "certificate", "ssl_keyfile": "other"}, "is not the key of "),
        ({"ssl_certfile": "certificate", "ssl_keyfile": "locked"}, "another --ssl-keyfile-pass"),
    ],
    ids=str,
)
def test_a_wrong_file_is_told_in_a_line(
    made: Certificate, tmp_path: Path, files: dict[str, str], told: str
) -> None:
    places = {
        **made._asdict(),
        "none": tmp_path / "none",
        "other": certificate.make(tmp_path).key,
    }
    with pytest.raises(CannotListen, match=told) as refused:
        Listening(Settings(**{name: places[file] for name, file in files.items()}))
    assert len(str(refused.value).splitlines()) == 1


@pytest.fixture(scope="module")
def https(made: Certificate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with a certificate, the key of which is locked; its address."""
    data = tmp_path_factory.mktemp("data")
    server = prepare(
        Settings(
            port=0,
            workers=1,
            data=data,
            ssl_certfile=made.certificate,
            ssl_keyfile=made.locked,
            ssl_keyfile_password=PASSWORD,
        )
    )
    with running(server) as errors:
        yield f"https://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        assert '"https://127.0.0.1:' in (data / "server.json").read_text()
    assert errors == []


def test_with_a_certificate_all_comes_by_https(https: str, made: Certificate) -> None:
    trusting = ssl.create_default_context(cafile=made.certificate)
    with httpx.Client(base_url=https, verify=trusting, timeout=DEADLINE_S) as http:
        assert 'src="assets/' in http.get("/").text
        answer = http.post("/api/runs", json={**TINY, "iterations": 50}, headers={"Origin": https})
        assert answer.status_code == 201, answer.text
        run_id = answer.json()["id"]
        live = https.replace("https:", "wss:") + "/api/live"
        curves = Curves({run_id: 0})
        with Viewer(live, ssl=trusting, origin=https) as viewer:
            viewer.watch({run_id: 0})
            viewer.read(curves, {run_id: 50})
        losses = http.get(f"{answer.headers['location']}/losses").json()["losses"]
        assert curves.losses[run_id] == [float(loss) for loss in losses]


@pytest.fixture
def secure(made: Certificate, tmp_path: Path) -> Iterator[tuple[int, Server]]:
    """A server with a certificate, for one socket: its port, and it."""
    files = {"ssl_certfile": made.certificate, "ssl_keyfile": made.key}
    server = prepare(Settings(port=0, workers=1, max_sockets=1, data=tmp_path, **files))
    with running(server) as errors:
        yield server.servers[0].sockets[0].getsockname()[1], server
    assert errors == []


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_S", 0.2)


@pytest.mark.usefixtures("_impatient")
def test_whoever_never_agrees_on_tls_is_not_waited_for(secure: tuple[int, Server]) -> None:
    with Bare(secure[0]) as silent:
        assert silent.until_closed() == b""


@pytest.fixture
def _crowded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_S", 1e6)
    monkeypatch.setattr(protocol, "OTHERS", 3)


@pytest.mark.usefixtures("_crowded")
def test_whoever_has_not_agreed_on_tls_for_longest_makes_room(secure: tuple[int, Server]) -> None:
    with contextlib.ExitStack() as there:
        first, *_ = [there.enter_context(Bare(secure[0])) for _ in range(4)]
        assert first.until_closed() == b""


def test_what_nobody_takes_waits_by_tls_as_it_does_without(
    secure: tuple[int, Server], made: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else neither time nor memory would have a bound."""
    monkeypatch.setattr(protocol, "MAX_WAITING_BYTES", 0)
    port, server = secure
    trusting = ssl.create_default_context(cafile=made.certificate)
    with socket.socket() as plain:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plain.settimeout(DEADLINE_S)
        plain.connect(("127.0.0.1", port))
        with trusting.wrap_socket(plain, server_hostname="127.0.0.1") as idle:
            head = f"GET /vendor/plotly.js HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
            idle.sendall(4 * head.encode())
            eventually(lambda: server.server_state.connections, "the connection")
            eventually(lambda: not server.server_state.connections, "its end")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_tls_before_1_2_is_refused(https: str, made: Certificate) -> None:
    asking = ssl.create_default_context(cafile=made.certificate)
    asking.minimum_version = asking.maximum_version = ssl.TLSVersion.TLSv1_1
    asking.set_ciphers("ALL:@SECLEVEL=0")  # else this side would refuse it
    host, port = https.removeprefix("https://").split(":")
    with (
        socket.create_connection((host, int(port))) as plain,
        pytest.raises(ssl.SSLError),
        asking.wrap_socket(plain, server_hostname=host),
    ):
        pass
