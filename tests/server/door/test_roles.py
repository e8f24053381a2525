"""What is shown of who somebody is."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from reluscope.server.door import roles
from reluscope.server.door.roles import Roles, Shown

OWNER, VIEWER = "owner-0123456789", "viewer-0123456789"
ROLES = Roles(SecretStr(OWNER), SecretStr(VIEWER), "a place")


def test_without_tokens_whoever_reaches_it_owns_it() -> None:
    assert Roles(None, None).shown("Bearer x", "a=b") == Shown("owner", "nothing")


@pytest.mark.parametrize(
    ("authorization", "role"),
    [
        (f"Bearer {OWNER}", "owner"),
        (f"bearer  {OWNER} ", "owner"),
        (f"BEARER {VIEWER}", "viewer"),
        *((f"Bearer {wrong}", None) for wrong in ("", OWNER[:-1], OWNER + "a", OWNER.upper())),
        (f"Bearer {OWNER}, Bearer {VIEWER}", None),
        ("Bearer \xff\x80", None),
    ],
)
def test_a_token_is_shown_as_bearer(authorization: str, role: str | None) -> None:
    assert ROLES.shown(authorization, None) == Shown(role, "token")  # type: ignore[arg-type]


@pytest.mark.parametrize("authorization", [None, "", "Bearer", OWNER, f"Basic {OWNER}"])
def test_anything_else_is_no_token(authorization: str | None) -> None:
    assert ROLES.shown(authorization, None) == Shown(None, "nothing")


@given(st.text(st.characters(max_codepoint=255)), st.text(st.characters(max_codepoint=255)))
def test_nobody_else_is_anybody(token: str, cookie: str) -> None:
    header = f"{ROLES.cookie_name}={cookie}"
    assert ROLES.shown(f"Bearer {token}", header).role is None or token.strip() in (OWNER, VIEWER)
    assert ROLES.shown(None, header).role is None


@pytest.mark.parametrize("role", ["owner", "viewer"])
def test_a_cookie_stands_among_others(role: roles.Role) -> None:
    cookie = f"{ROLES.cookie_name}={ROLES.cookie_of(role)}"
    for header in (cookie, f"a=b; {cookie}", f"{cookie};a=b", f" {cookie} ; x"):
        assert ROLES.shown(None, header) == Shown(role, "cookie")
    wrong = f"Bearer {OWNER[:-1]}"
    assert ROLES.shown(wrong, cookie) == Shown(None, "token")


@pytest.mark.parametrize("role", ["owner", "viewer"])
def test_nobody_hides_a_cookie_behind_another_of_its_name(role: roles.Role) -> None:
    """Whatever listens on another port of this host may set one, for a path that comes first."""
    own, other = (f"{ROLES.cookie_name}={value}" for value in (ROLES.cookie_of(role), 64 * "0"))
    weaker = f"{ROLES.cookie_name}={ROLES.cookie_of('viewer')}"
    for header in (f"{other}; {own}", f"{own}; {other}", f"{weaker}; {other}; {own}"):
        assert ROLES.shown(None, header) == Shown(role, "cookie")


def test_a_secret_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time with all of them, as digests of one length, by what takes as long whatever differs."""
    compared: list[tuple[int, int]] = []
    real = hmac.compare_digest

    def compare(a: bytes, b: bytes) -> bool:
        compared.append((len(a), len(b)))
        return real(a, b)

    monkeypatch.setattr(roles.hmac, "compare_digest", compare)
    for given_ in ("", "o", OWNER, VIEWER, 100_000 * "x"):
        ROLES.shown(f"Bearer {given_}", None)
        ROLES.shown(None, f"{ROLES.cookie_name}={given_ or 'x'}")
    assert compared == 20 * [(32, 32)]
