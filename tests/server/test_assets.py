import pytest


def test_the_page_is_served_at_the_root(api):
    answer = api.http.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "<title>reluscope</title>" in answer.text


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_plotly_js_comes_from_this_server(api, encoding):
    answer = api.http.get("/vendor/plotly.js", headers={"accept-encoding": encoding})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers.get("content-encoding", "identity") == encoding
    assert "plotly.js v" in answer.text[:300]
    assert len(answer.content) > 1_000_000


def test_plotly_js_is_not_sent_again_to_a_page_that_has_it(api):
    tag = api.http.get("/vendor/plotly.js").headers["etag"]
    again = api.http.get("/vendor/plotly.js", headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    "path", ["/../pyproject.toml", "/%2e%2e/pyproject.toml", "/..%2fpyproject.toml", "//etc/passwd"]
)
def test_nothing_beside_the_page_is_served(api, path):
    answer = api.http.get(api.url + path)
    assert answer.status_code == 404
