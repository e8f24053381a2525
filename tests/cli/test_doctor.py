"""What the doctor finds, of a server that is there and of what is wrong."""

import json
import socket

import pytest
from pydantic import SecretStr
from sqlalchemy.exc import OperationalError

from reluscope import __version__
from reluscope.cli import addresses
from tests.server.serving import TINY, in_thread

pytestmark = pytest.mark.usefixtures("registries")

CHECKED = ["python", "extras", "torch", "device cpu", "threads", "plug-ins"]


@pytest.fixture
def found(told, tmp_path, monkeypatch):
    """What is found, by its name, and the exit status."""
    monkeypatch.setenv("RELUSCOPE_DATA", str(tmp_path / "data"))

    def find(*words):
        out, _, status = told("doctor", "--json", *words)
        return {each["name"]: each for each in json.loads(out)}, status

    return find


def test_a_machine_on_which_all_is_well_is_left_as_it_is(found, tmp_path):
    findings, status = found("--port", "0")
    assert status == 0
    assert [*findings][:6] == CHECKED
    assert findings["port"]["verdict"] == "ok"
    assert "nothing in it yet" in findings["data folder"]["told"]
    assert list(tmp_path.iterdir()) == []


def test_people_are_told_in_lines(told):
    out, _, status = told("doctor", "--no-store", "--port", "0")
    assert status == 0
    assert "ok       store          none: runs are kept in memory alone\n" in out
    assert "\x1b" not in out


def test_a_server_that_is_there_is_told_of(found, tmp_path):
    with in_thread(data=tmp_path) as server:
        server.api.until_ended(server.api.start(**TINY))
        server.book.settled().result(10)
        findings, status = found("--data", tmp_path, "--port", server.api.port)
        assert server.api.http.get("/readyz").status_code == 200
    address = f"127.0.0.1:{server.api.port}"
    assert findings["port"]["told"] == f"reluscope {__version__} serves on {address}"
    assert ": 1 runs in " in findings["data folder"]["told"]
    assert f"in use by the server at http://{address}" in findings["data folder"]["told"]
    assert status == 0


def test_a_folder_that_a_server_has_left_is_free(found, tmp_path):
    with in_thread(data=tmp_path):
        pass
    findings, _ = found("--data", tmp_path, "--port", "0")
    assert "in use" not in findings["data folder"]["told"]
    with in_thread(data=tmp_path):  # nor has the doctor kept it
        pass


def test_who_else_has_the_port_is_a_problem(found, monkeypatch):
    monkeypatch.setattr(addresses, "ANSWER_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.listen()
        other.settimeout(0)
        findings, status = found("--port", other.getsockname()[1])
    assert findings["port"]["verdict"] == "problem"
    assert "--port" in findings["port"]["advice"]
    assert status == 1


def test_an_address_that_this_machine_does_not_have_is_a_problem(found, monkeypatch):
    monkeypatch.setattr(addresses, "ANSWER_S", 0.1)
    findings, status = found("--host", "192.0.2.1", "--token", "another-token-0123456789abc")
    assert findings["port"]["advice"] == "name another by --host"
    assert status == 1


def test_a_server_that_wants_a_token_is_known_and_told_none(found, monkeypatch):
    monkeypatch.setattr(addresses, "ANSWER_S", 10)
    with in_thread(token=SecretStr("a-token-of-its-own-0123456789")) as server:
        findings, _ = found("--port", server.api.port, "--token", "another-token-0123456789abc")
    wants = f"a reluscope that wants a token serves on 127.0.0.1:{server.api.port}"
    assert findings["port"]["told"] == wants


def test_a_unix_socket_is_looked_at(found, tmp_path):
    place = tmp_path / "socket"
    assert found("--uds", place)[0]["socket"]["told"] == f"{place} is free"
    place.write_text("a file")
    findings, status = found("--uds", place)
    assert (findings["socket"]["verdict"], status) == ("problem", 1)


def test_a_certificate_that_is_none_is_a_problem(found, tmp_path):
    (tmp_path / "a.pem").write_text("nothing")
    findings, status = found("--port", "0", "--ssl-certfile", tmp_path / "a.pem")
    assert (findings["certificate"]["verdict"], status) == ("problem", 1)


def test_what_is_in_the_folders_place_is_a_problem(found, tmp_path):
    (tmp_path / "data").write_text("a file")
    findings, status = found("--port", "0")
    assert findings["data folder"]["told"].endswith(" is no folder")
    assert status == 1


def test_a_file_that_is_no_store_is_a_problem(found, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "reluscope.db").write_text("no database at all" * 100)
    findings, status = found("--port", "0")
    assert "cannot be read" in findings["data folder"]["told"]
    assert status == 1


def test_a_broken_plug_in_is_a_problem_among_others(found, tmp_path):
    (tmp_path / "broken.py").write_text("import no_such\n")
    findings, status = found("--port", "0", "--load", tmp_path / "broken.py")
    assert "line 1: ModuleNotFoundError" in findings["plug-ins"]["told"]
    assert findings["port"]["verdict"] == "ok"
    assert status == 1


def test_a_database_that_does_not_answer_is_told_without_its_password(told):
    url = "postgresql://anna:s3cret@127.0.0.1:1/runs"
    out, err, status = told("doctor", "--port", "0", "--database-url", url)
    assert "anna:***@127.0.0.1:1/runs does not answer" in out
    assert "s3cret" not in out + err
    assert status == 1


def test_a_database_that_tells_its_password_is_told_without(told, monkeypatch):
    def look(_):
        raise OperationalError("", None, Exception("no good: s3cret"))

    monkeypatch.setattr("reluscope.runs.store.database.Database.look", look)
    url = "postgresql://anna:s3cret@127.0.0.1:1/runs"
    out, err, _ = told("doctor", "--port", "0", "--database-url", url)
    assert "does not answer: no good: ***" in out
    assert "s3cret" not in out + err


def test_a_database_that_answers_is_told_with_who_has_it(found, database_url):
    findings, status = found("--port", "0", "--database-url", database_url)
    assert findings["database"]["told"].endswith(", 0 runs")
    with in_thread(database_url=database_url) as server:
        server.api.until_ended(server.api.start(**TINY))
        server.book.settled().result(10)
        findings, status = found("--port", "0", "--database-url", database_url)
    assert "1 runs, in use by reluscope at http://" in findings["database"]["told"]
    assert status == 0
