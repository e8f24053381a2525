import gzip
import re

import pytest

from reluscope.server import assets
from reluscope.server.assets import Page

FOR_GOOD = "public, max-age=31536000, immutable"


def test_the_page_is_served_at_the_root(api):
    answer = api.http.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "<title>reluscope</title>" in answer.text


def test_a_page_that_is_opened_again_has_its_files_for_good(api):
    answer = api.http.get("/")
    assert answer.headers["cache-control"] == "no-cache"
    (directory,) = set(re.findall(r"(assets/\w+/)", answer.text))
    named = re.findall(r' (?:src|href)="([^"]+)"', answer.text)
    assert f"{directory}main.js" in named
    for path in (*named, f"{directory}parts/form.js", f"{directory}vendor/plotly.js"):
        answer = api.http.get(f"/{path}")
        assert answer.status_code == 200, path
        assert answer.headers["cache-control"] == FOR_GOOD, path
    assert api.http.get(f"/{directory}main.js").content == api.http.get("/main.js").content


@pytest.mark.parametrize("path", ["assets/0123/main.js", "assets/0123/vendor/plotly.js", "main.js"])
def test_a_file_by_another_name_is_asked_for_again(api, path):
    answer = api.http.get(f"/{path}")
    assert answer.status_code == 200
    assert answer.headers.get_list("cache-control") == ["no-cache"]


def content(page, version, path):
    packed = page.packed(version, path)
    return None if packed is None else gzip.decompress(packed)


def test_the_files_of_a_version_are_as_they_were_when_it_got_its_name(tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "LOOK_S", 0.0)
    (tmp_path / "parts").mkdir()
    for name in ("main.js", "parts/form.js"):
        (tmp_path / name).write_text(name)
    page = Page(tmp_path)
    first = page.version()
    assert page.version() == first
    assert content(page, first, "main.js") == b"main.js"
    assert content(page, first, "parts/form.js") == b"parts/form.js"
    assert content(page, first, "nothing.js") is None

    (tmp_path / "main.js").write_text("another")
    assert content(page, first, "main.js") == b"main.js"
    second = page.version()
    assert second != first
    assert content(page, second, "main.js") == b"another"
    assert content(page, first, "main.js") is None

    (tmp_path / "main.js").rename(tmp_path / "other.js")
    assert page.version() not in (first, second)
    (tmp_path / "gone.js").symlink_to(tmp_path / "nowhere.js")
    last = page.version()

    monkeypatch.setattr(assets, "LOOK_S", 1e6)
    (tmp_path / "new.js").write_text("new")
    assert page.version() == last, "it has just been looked"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip", "gzip"),
        ("GZIP;q=0.5, br", "gzip"),
        ("identity", "identity"),
        ("br, gzip;q=0", "identity"),
        ("gzip; q=0.0", "identity"),
        ("notgzip", "identity"),
        ("", "identity"),
    ],
)
def test_files_are_sent_packed_to_whoever_can_unpack_them(api, accepted, encoding):
    (directory,) = set(re.findall(r"(assets/\w+/)", api.http.get("/").text))
    for path, begin in (("vendor/plotly.js", "plotly.js v"), (f"{directory}main.js", "/**")):
        answer = api.http.get(f"/{path}", headers={"accept-encoding": accepted})
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/javascript")
        assert answer.headers.get("content-encoding", "identity") == encoding
        assert answer.headers["vary"] == "Accept-Encoding"
        assert begin in answer.text[:300]
        packed, whole = int(answer.headers["content-length"]), len(answer.content)
        assert (packed < whole) == (encoding == "gzip")


def test_plotly_js_comes_from_this_server(api):
    assert len(api.http.get("/vendor/plotly.js").content) > 1_000_000


def test_plotly_js_is_not_sent_again_to_a_page_that_has_it(api):
    tag = api.http.head("/vendor/plotly.js").headers["etag"]
    for known in (tag, f'"other", {tag}'):
        again = api.http.get("/vendor/plotly.js", headers={"if-none-match": known})
        assert (again.status_code, again.content) == (304, b"")
    other = api.http.get("/vendor/plotly.js", headers={"if-none-match": 'W/"other"'})
    assert other.status_code == 200


@pytest.mark.parametrize(
    "path", ["/../pyproject.toml", "/%2e%2e/pyproject.toml", "/..%2fpyproject.toml", "//etc/passwd"]
)
@pytest.mark.parametrize("directory", ["", "/assets/0123"])
def test_nothing_beside_the_page_is_served(api, directory, path):
    answer = api.http.get(api.url + directory + path, follow_redirects=True)
    assert answer.status_code == 404
