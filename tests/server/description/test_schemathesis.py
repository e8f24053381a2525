"""Whatever is asked, as the OpenAPI document has it or just not, is answered as the document says: no
fault of the server's, no status, header, type or field that it does not tell of.

The cases are the same each time, so that a suite that was green stays so, and one that was red can be
run again; each failure comes with the request as a curl command. RELUSCOPE_CASES=1000 asks for so many
of each operation, and for others each time.
"""

import io
import os
import re
import uuid
from collections.abc import Iterator
from typing import Any
from zlib import crc32

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis.openapi.checks import RejectedPositiveData

from reluscope.runs import archive
from reluscope.runs.kept import Kept
from reluscope.runs.run import Run
from reluscope.runs.sweep import SweepSpec
from reluscope.server.app import create_app
from reluscope.server.door import guard
from reluscope.server.sweeping import make
from reluscope.settings import Settings
from reluscope.training.spec import RunSpec
from tests.waiting import eventually

from ..serving import TINY, Server, in_thread

FEW = 10
"""Cases of each operation that are made up; those that its schema suggests come on top."""

CASES = os.environ.get("RELUSCOPE_CASES")

TOKEN = "a-token-that-is-long-enough-to-be-one"

SMALL: dict[str, Any] = {"memory": "16MiB", "max_live": 20, "max_runs": 30, "workers": 1}
"""Nothing that is asked for may train for long, or fill the machine."""

schema = schemathesis.openapi.from_dict(create_app(Settings(token=TOKEN)).openapi())


class Things:
    """What there is to ask of. It is the same before each case, whatever the one before has done."""

    SPECS: tuple[dict[str, Any], ...] = (
        {**TINY, "iterations": 60, "name": "finished"},
        {**TINY, "iterations": 10_000, "pace": 1.0, "name": "running"},
        {**TINY, "iterations": 10_000, "pace": 1.0, "name": "paused"},
        {**TINY, "update": {"lr": 1e30}, "name": "diverged"},
    )

    def __init__(self, server: Server) -> None:
        self.book = server.book
        self.runs: list[str] = []
        self.sweep = ""
        self.asked = 0
        self.done: set[str] = set()
        """The operations that have been answered as they are where all goes well."""

    def renew(self) -> None:
        there = {run.id: run for run in self.book.newest_first()}
        sound = [there[run_id] for run_id in self.runs if self._is_sound(there.get(run_id))]
        kept = set(self.runs) if len(sound) == len(self.runs) > 0 else set()
        for run_id in there.keys() - kept:
            self.book.delete(run_id)
        if not kept:
            self._make()

    def _is_sound(self, run: Run | None) -> bool:
        return run is not None and (run.sweep is not None or run.status == run.spec.name)

    def _make(self) -> None:
        made = [self.book.open(RunSpec.model_validate(spec)) for spec in self.SPECS]
        self.book.pause(made[2].id)
        eventually(lambda: made[0].ended and made[3].ended, "two runs' ends")
        self.sweep = make(
            SweepSpec(base={**TINY, "iterations": 10_000, "pace": 1.0}, grid={"seed": [1, 2]}),
            self.book,
        )
        self.runs = [run.id for run in (*made, *self.book.sweep(self.sweep))]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guard, "TRIES", 10**6)  # else the checks that try wrong tokens end the rest
        with in_thread(token=TOKEN, max_writes=10_000, **SMALL) as made:
            yield made
            assert made.errors == []


@pytest.fixture(scope="module")
def things(server: Server) -> Things:
    return Things(server)


def one_of(things: list[str], drawn: object) -> object:
    """In place of an id that nothing has, mostly one of something."""
    try:
        number = uuid.UUID(str(drawn)).int
    except ValueError:
        return drawn
    return (*things, drawn)[number % (len(things) + 1)]


def exported() -> bytes:
    """An archive with a run that has not begun."""
    view = Run(RunSpec.model_validate(TINY), 1).view()
    file = io.BytesIO()
    archive.write(file, [Kept(view)])
    return file.getvalue()


schemathesis.openapi.media_type(
    "application/zip", st.sampled_from([exported(), b"none"]) | st.binary(max_size=100)
)


def ask_of(things: Things, case: schemathesis.Case) -> None:
    """Have a case ask of what there is."""
    of_sweeps = case.operation.path.startswith("/api/sweeps")
    known = [things.sweep] * 5 if of_sweeps else things.runs
    for asked in (case.path_parameters, case.query):
        for name in {"a", "b", "id"} & asked.keys():
            drawn = asked[name]
            several = isinstance(drawn, list)
            asked[name] = [one_of(known, d) for d in drawn] if several else one_of(known, drawn)
    if "name" in case.path_parameters and crc32(str(case.path_parameters).encode()) % 4 == 0:
        case.path_parameters["name"] = "clamp"
    if isinstance(case.query.get("sweep"), list):
        case.query["sweep"] = [one_of([things.sweep] * 5, drawn) for drawn in case.query["sweep"]]


@schema.hook
def filter_failure(context, failure, case, response):  # noqa: ARG001 - by their names
    """No schema says it all: what is refused of what it allows must be so for one of a few reasons."""
    if not isinstance(failure, RejectedPositiveData):
        return True
    problem = response.json()
    kind = problem["type"].rpartition(":")[2]
    if kind != "invalid-fields":
        return kind not in ("idempotency-key-reused", "idempotency-key-spent", "bad-archive")
    return not all(BEYOND.fullmatch(f"{e['field']}: {e['message']}") for e in problem["errors"])


BEYOND = re.compile(
    r"(grid|list|random|update)\..*"  # values for fields of whatever kind
    r"|.*(the run has|the fork begins|memory|such a run needs|no such device|no room|linear in the gradient|has no place in 8 bits"
    r"|nesterov needs|comes as json only|required, or sweep|measured iterations|cannot change).*",
    re.DOTALL,
)


@schema.parametrize()
@settings(
    max_examples=int(CASES or FEW),
    derandomize=CASES is None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@pytest.mark.timeout(3600 if CASES else 120)
def test_what_is_asked_is_answered_as_the_document_says(server, things, case):
    things.asked += 1
    things.renew()
    ask_of(things, case)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = case.call_and_validate(base_url=server.api.url, headers=headers)
    if answer.status_code < 300:
        things.done.add(case.operation.label)


def test_every_operation_has_done_what_it_is_for(things):
    assert things.asked >= 2000
    assert things.done == {each.ok().label for each in schema.get_all_operations()}
