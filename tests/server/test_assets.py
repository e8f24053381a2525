import pytest


def test_the_page_is_served_at_the_root(api):
    answer = api.http.get("/")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "<title>reluscope</title>" in answer.text


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
def test_plotly_js_comes_from_this_server(api, accepted, encoding):
    answer = api.http.get("/vendor/plotly.js", headers={"accept-encoding": accepted})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers.get("content-encoding", "identity") == encoding
    assert "plotly.js v" in answer.text[:300]
    assert len(answer.content) > 1_000_000


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
def test_nothing_beside_the_page_is_served(api, path):
    answer = api.http.get(api.url + path)
    assert answer.status_code == 404
