"""Who may do what: an owner everything, a viewer look.

Without a token, whoever reaches the server owns it. With one, scripts show theirs in the header
Authorization; a browser shows it once, and then bears a cookie that is made of it, so that no page
and no disk has the token itself. Nobody can guess such a cookie; a token may be weak, so tries of
tokens are counted.
"""

import hashlib
import hmac
from typing import Literal, NamedTuple

from pydantic import SecretStr

Role = Literal["owner", "viewer"]

BEARER = "bearer "


class Shown(NamedTuple):
    """What somebody has shown of who they are."""

    role: Role | None
    by: Literal["nothing", "token", "cookie"]


class Roles:
    """The tokens, and the cookies that are made of them."""

    def __init__(
        self, token: SecretStr | None, view_token: SecretStr | None, place: str = ""
    ) -> None:
        """`place`: what tells this server from others of its host."""
        given: dict[Role, SecretStr | None] = {"owner": token, "viewer": view_token}
        self._tokens: dict[Role, bytes] = {
            role: secret.get_secret_value().encode() for role, secret in given.items() if secret
        }
        self._cookies: dict[Role, bytes] = {
            role: _made_of(secret, f"cookie of {role}") for role, secret in self._tokens.items()
        }
        self.cookie_name = f"reluscope-{hashlib.sha256(place.encode()).hexdigest()[:8]}"
        """Its own for each server: browsers send the cookies of all that a host has to each. Nothing of
        a token is in it: who may look sees it, and could try tokens against it."""

    @property
    def are_needed(self) -> bool:
        """Whether a token has to be shown."""
        return bool(self._tokens)

    def shown(self, authorization: str | None, cookies: str | None) -> Shown:
        """Who shows this header Authorization and this header Cookie."""
        if not self.are_needed:
            return Shown("owner", "nothing")
        if authorization is not None and authorization[: len(BEARER)].lower() == BEARER:
            token = authorization[len(BEARER) :].strip()  # others are a proxy's
            return Shown(_equal(self._tokens, token), "token")
        if values := _cookies(cookies or "", self.cookie_name):
            roles = {_equal(self._cookies, value) for value in values}
            return Shown(next((role for role in self._cookies if role in roles), None), "cookie")
        return Shown(None, "nothing")

    def cookie_of(self, role: Role) -> str:
        """The value of the cookie by which a browser shows that role."""
        return self._cookies[role].decode()


def _made_of(secret: bytes, what: str) -> bytes:
    """64 characters of which nobody learns the secret."""
    return hmac.digest(secret, f"reluscope: {what}".encode(), hashlib.sha256).hex().encode()


def _equal(secrets: dict[Role, bytes], given: str) -> Role | None:
    """Whose secret was given; how long that takes tells nothing of any of them."""
    digest = hashlib.sha256(given.encode(errors="surrogateescape")).digest()
    found: Role | None = None
    for role, secret in secrets.items():
        if hmac.compare_digest(hashlib.sha256(secret).digest(), digest):
            found = role
    return found


def _cookies(header: str, name: str) -> set[str]:
    """The cookies of that name. There may be several: whatever else listens on this host can set some,
    which must not hide the one that is this server's."""
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return {value for key, _, value in pairs if key == name}
