"""The page through a real nginx, by https and below a path, as the README shows it."""

from pathlib import Path

from tests.page.visit import AUTOGRAD, Visiting
from tests.proxies import behind
from tests.server.door import certificate


def test_the_page_is_whole_below_a_path_and_by_https(visiting: Visiting, tmp_path: Path) -> None:
    with behind.nginx(tmp_path, "unix", certificate.make(tmp_path)) as served:
        visit = visiting(f"{served.url}/#token={behind.TOKEN}", ignore_https_errors=True)
        visit.start(AUTOGRAD)
        visit.until_grown(AUTOGRAD)
        assert {request["scheme"] for request in served.asked} == {"https", "wss"}
        visit.page.context.close()
        visit.is_altered = True
