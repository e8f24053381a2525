"""No name but those of the list, whatever bytes it is written with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reluscope.server.door.hosts import Hosts, Origins, parse

OWN = ("127.0.0.1", "localhost", "[::1]")
HOSTS = Hosts(OWN, ("scope.example", "other.example:8443"))
SCOPE = {"scheme": "http", "server": ("192.0.2.1", 8000)}
MAY = {
    *(f"{name}:8000" for name in (*OWN, "192.0.2.1", "scope.example")),
    *("scope.example", "scope.example:80", "other.example:8443"),
}
"""All that a client of `SCOPE` may say, in lower case."""

ALPHABET = st.sampled_from([*".:[]@-_/%\\ \t\0,#?", *"0123456789", *"aelhostcxmpr", "\xff", "\x80"])
NEAR = st.sampled_from(sorted(MAY))


@given(
    st.one_of(
        st.text(max_size=60),
        st.text(ALPHABET, max_size=30),
        st.tuples(NEAR, st.text(ALPHABET, max_size=4)).map("".join),
        st.tuples(st.text(ALPHABET, max_size=4), NEAR).map("".join),
        st.tuples(NEAR, st.integers(0, 20), st.text(ALPHABET, max_size=2)).map(
            lambda t: t[0][: t[1]] + t[2] + t[0][t[1] :]
        ),
    )
)
def test_no_other_host_is_let_in(host: str) -> None:
    assert HOSTS.has(host, SCOPE) == (host.lower() in MAY and host.isascii())


@pytest.mark.parametrize("host", sorted(MAY))
def test_those_of_the_list_are(host: str) -> None:
    assert HOSTS.has(host, SCOPE)
    assert HOSTS.has(host.upper(), SCOPE)


@pytest.mark.parametrize(
    "host",
    [
        *("localhost.:8000", "localhost..:8000", "127.0.0.1.:8000", "localhost.evil.com:8000"),
        *("127.0.0.1.evil.com:8000", "localhost@evil.com:8000", "evil.com@localhost:8000"),
        *("localhost:8000@evil.com", "localhost:8000,evil.com", "localhost:8000 evil.com"),
        *("127.1:8000", "2130706433:8000", "0x7f.0.0.1:8000", "0177.0.0.1:8000", "0:8000"),
        *("[::]:8000", "[0:0:0:0:0:0:0:1]:8000", "[::ffff:127.0.0.1]:8000", "::1:8000", "[::1"),
        *(
            "[::1]8000",
            "[::1%lo]:8000",
            "localhost:08000",
            "localhost:+8000",
            "localhost:8000:8000",
        ),
        *(
            "localhost:",
            "localhost:65536",
            "localhost:\uff18\uff10\uff10\uff10",
            "\uff4cocalhost:8000",
            "localhost\0:8000",
        ),
        *("http://localhost:8000", "localhost:8000/", "", ":8000", "*", "localhost"),
    ],
)
def test_other_ways_of_writing_them_are_not(host: str) -> None:
    assert not HOSTS.has(host, SCOPE)


def test_the_scheme_has_a_port() -> None:
    secure = {"scheme": "wss", "server": ("127.0.0.1", 8000)}
    for host, may in (
        ("scope.example", True),
        ("scope.example:443", True),
        ("scope.example:80", False),
        ("localhost", False),
    ):
        assert HOSTS.has(host, secure) == may


def test_a_unix_socket_has_the_schemes_port() -> None:
    for server in (None, ("/run/scope.sock", None)):
        scope = {"scheme": "http", "server": server}
        assert HOSTS.has("localhost", scope)
        assert not HOSTS.has("/run/scope.sock", scope)
        assert not HOSTS.has("localhost:8000", scope)


ORIGINS = Origins(("https://lab.example",))


@given(st.one_of(st.text(max_size=40), st.text(ALPHABET, max_size=20)))
def test_no_other_origin_is_let_in(origin: str) -> None:
    may = origin in ("https://lab.example", "http://localhost:8000")
    assert ORIGINS.has(origin, "localhost:8000", SCOPE) == may


@pytest.mark.parametrize(
    "origin",
    [
        *("null", "", "http://localhost", "https://localhost:8000", "http://LOCALHOST:8000"),
        *("http://localhost:8000/", "http://localhost:8000.evil.com", "http://evil@localhost:8000"),
        *(
            "https://lab.example:443",
            "https://lab.example.",
            "https://x.lab.example",
            "lab.example",
        ),
        *("http://lab.example", "https://lab.example https://evil.example"),
    ],
)
def test_nor_one_that_is_like_it(origin: str) -> None:
    assert not ORIGINS.has(origin, "localhost:8000", SCOPE)


@given(st.text(max_size=80))
def test_whatever_is_a_host_is_written_back_as_it_came(host: str) -> None:
    found = parse(host)
    if found is not None:
        assert host.lower() == found.name + ("" if found.port is None else f":{found.port}")
