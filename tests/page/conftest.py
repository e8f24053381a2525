"""A real server, a real Chromium, and a visit to the page that ends with a look at what went wrong.

No browser is no reason to skip: a test without one fails.
"""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.house.serving import Server, serving
from tests.page import chromium
from tests.page.api import COMMAND, Api
from tests.page.contexts import Contexts
from tests.page.network import Network, port_of
from tests.page.visit import Visit, Visiting
from tests.waiting import DEADLINE_S

ALONE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
"""No other machine can be reached from the browser; that none is asked for, `Visit` checks."""

TOGETHER = ("--in-process-gpu", "--enable-features=NetworkServiceInProcess2")
"""Drawing and the network are no processes of their own, to talk to which takes a fifth of what a page
costs."""

expect.set_options(timeout=DEADLINE_S * 1000)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A browser test that is skipped has failed: nobody looked at the page."""
    report = yield
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"a browser test does not skip: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def cable() -> Iterator[Network]:
    """A network, which leads nowhere yet: the server has to know of it when it starts."""
    network = Network()
    yield network
    network.close()


@pytest.fixture(scope="session")
def server(cable: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    command = [*COMMAND, "--allow-host", cable.host]
    with serving(command, tmp_path_factory.mktemp("server")) as server:
        cable.port = port_of(server.url)
        yield server


@pytest.fixture
def api(server: Server) -> Iterator[Api]:
    """The server's REST; all runs are deleted at the end."""
    api = Api(server.url)
    yield api
    api.delete_all()
    api.close()


@pytest.fixture
def network(cable: Network, server: Server) -> Iterator[Network]:  # noqa: ARG001 - it leads there
    """What lies between browser and server."""
    cable.mend()
    yield cable
    cable.mend()


# For the package and no longer: while Playwright runs, asyncio finds a loop running already, which
# would trouble the tests that follow.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = chromium.find()
    assert path, f"no Chromium: {Path(chromium.__file__).name} finds or installs one"
    with sync_playwright() as playwright:
        flags = [*chromium.FLAGS, *TOGETHER, ALONE]
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def contexts(browser: Browser) -> Contexts:
    return Contexts(browser)


@pytest.fixture
def visiting(contexts: Contexts) -> Iterator[Visiting]:
    """Begin a visit to a server, in a context of its own; at the end of the test it is looked at.
    `opens` says whether the page is opened, and is there, when this comes back."""
    visits: list[Visit] = []

    def visit(url: str, *, opens: bool = True, **options: Any) -> Visit:
        visited = Visit(contexts.enter(options), url)
        visits.append(visited)
        return visited.open() if opens else visited

    yield visit
    for visited in visits:
        visited.leave()
        if visited.is_altered:
            visited.context.close()
        else:
            contexts.leave(visited.page, visited.url)
    for visited in visits:
        visited.check()


@pytest.fixture
def visit(visiting: Visiting, api: Api) -> Visit:
    """A visit to the page of the server that all tests share."""
    return visiting(api.url)


@pytest.fixture
def catalog(api: Api) -> dict[str, Any]:
    catalog: dict[str, Any] = api.get("/catalog")
    return catalog
