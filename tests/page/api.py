"""The server, asked without the page."""

import sys
from typing import Any

import httpx

from tests.waiting import DEADLINE_S, eventually

COMMAND = [sys.executable, "-m", "reluscope", "--port", "0"]

TRAINING = ("queued", "running")


class Api:
    """REST, and some waiting."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx.Client(base_url=f"{url}/api", timeout=DEADLINE_S, trust_env=False)

    def get(self, path: str) -> Any:
        return self._client.get(path).raise_for_status().json()

    def start(self, name: str | None, **spec: Any) -> str:
        """Start a run; its id."""
        answer = self._client.post("/runs", json={"name": name, **spec})
        run_id: str = answer.raise_for_status().json()["id"]
        return run_id

    def ask(self, run_id: str, verb: str) -> None:
        self._client.post(f"/runs/{run_id}/{verb}").raise_for_status()

    def fork(self, run_id: str, at: int, **changes: Any) -> str:
        """Fork a run after so many iterations; the fork's id."""
        answer = self._client.post(f"/runs/{run_id}/fork", json={"at": at, **changes})
        fork_id: str = answer.raise_for_status().json()["runs"][0]["id"]
        return fork_id

    def change(self, run_id: str, **fields: Any) -> None:
        self._client.patch(f"/runs/{run_id}", json=fields).raise_for_status()

    def runs(self) -> list[dict[str, Any]]:
        """All runs, newest first."""
        runs: list[dict[str, Any]] = self.get("/runs?limit=1000")["runs"]
        return runs

    def run(self, name: str) -> dict[str, Any]:
        """The one run of that name."""
        (run,) = [run for run in self.runs() if run["spec"]["name"] == name]
        return run

    def losses(self, name: str) -> list[float | str]:
        """All losses of a run, once it trains no more: nothing comes after them."""

        def at_rest() -> dict[str, Any] | None:
            run = self.run(name)
            return None if run["status"] in TRAINING else run

        run = eventually(at_rest, f"{name} to train no more")
        losses: list[float | str] = self.get(f"/runs/{run['id']}/losses")["losses"]
        return losses

    def delete(self, run_id: str) -> None:
        self._client.delete(f"/runs/{run_id}").raise_for_status()

    def delete_all(self) -> None:
        for run in self.runs():
            self.delete(run["id"])

    def close(self) -> None:
        self._client.close()
