"""docker-compose.yml: valid, and the command in it serves."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML

from tests.house.serving import serving

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
COMMANDS = Path(sys.executable).parent


@pytest.fixture(scope="module")
def service() -> dict[str, Any]:
    service: dict[str, Any] = YAML(typ="safe").load(COMPOSE)["services"]["reluscope"]
    return service


def test_is_valid_by_the_compose_schema() -> None:
    check = COMMANDS / "check-jsonschema"
    subprocess.run([check, "--builtin-schema", "vendor.compose-spec", COMPOSE], check=True)


def test_only_this_machine_is_let_in(service: dict[str, Any]) -> None:
    port = service["environment"]["RELUSCOPE_PORT"]
    assert service["ports"] == [f"127.0.0.1:8000:{port}"]


def test_it_does_not_start_without_a_token_of_its_owner(service: dict[str, Any]) -> None:
    assert service["environment"]["RELUSCOPE_TOKEN"].startswith("${RELUSCOPE_TOKEN:?")


def test_runs_are_kept_in_a_volume(service: dict[str, Any]) -> None:
    assert f"runs:{service['environment']['RELUSCOPE_DATA']}" in service["volumes"]


def test_its_command_serves_and_is_healthy_and_ends_in_time(
    service: dict[str, Any], tmp_path: Path
) -> None:
    program, *options = service["command"]
    given = service["environment"]
    here = {
        "RELUSCOPE_PORT": "0",
        "RELUSCOPE_DATA": str(tmp_path / "data"),
        "RELUSCOPE_TOKEN": "0123456789abcdef",
        "RELUSCOPE_VIEW_TOKEN": "",
    }
    with serving([COMMANDS / program, *options], tmp_path, {**given, **here}) as server:
        assert httpx.get(f"{server.url}/", trust_env=False).is_success
        _, python, *check = service["healthcheck"]["test"]
        port = server.url.rpartition(":")[2]
        check_here = [part.replace(f":{given['RELUSCOPE_PORT']}/", f":{port}/") for part in check]
        assert check_here != check
        subprocess.run([COMMANDS / python, *check_here], check=True, timeout=10)
    assert server.exit_code in {0, -signal.SIGTERM}  # uvicorn, once all is closed, obeys the signal
