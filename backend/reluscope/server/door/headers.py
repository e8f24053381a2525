"""The headers that go with every answer."""

from collections.abc import Mapping, Sequence

from starlette.types import Message, Send

POLICY = "Content-Security-Policy"

SECURITY_HEADERS = {
    POLICY: "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-cache",
}
"""Plotly sets styles inline; nothing else is allowed beyond what this server serves, nor in a frame of
another's page, who could have this one's buttons pressed by whoever sees something else. Whatever was
kept is asked for again, but for what its answer says may be kept."""

CORS = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, X-Request-ID",
    "Access-Control-Max-Age": "600",
}
"""What a page of a site that was named may do. Cookies are not among it."""

EXPOSED = "Location, Retry-After, X-Request-ID"

Raw = list[tuple[bytes, bytes]]


class Policies:
    """The headers for each kind of answer, ready to be sent."""

    def __init__(self, embed_origins: Sequence[str]) -> None:
        """`embed_origins`: whose pages may show this server's in a frame, as far as there is nothing
        on them that could be pressed."""
        policy = " ".join((SECURITY_HEADERS[POLICY], *embed_origins))
        self._usual = _raw(SECURITY_HEADERS)
        self._embedded = _raw({**SECURITY_HEADERS, POLICY: policy})

    def of(self, *, is_embedded: bool, to: str | None) -> Raw:
        """Those for a page that only looks, or any other; and for a page of the site `to`, which was
        named."""
        headers = self._embedded if is_embedded else self._usual
        if to is None:
            return headers
        shared = {"Access-Control-Allow-Origin": to, "Access-Control-Expose-Headers": EXPOSED}
        return [*headers, *_raw({**shared, "Vary": "Origin"})]


def _raw(headers: Mapping[str, str]) -> Raw:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


def with_headers(send: Send, extra: Raw) -> Send:
    """`send`, with these headers in each answer that has none of the same name. What it varies by is
    added up."""

    async def sending(message: Message) -> None:
        if message["type"].endswith("http.response.start"):  # of a refused socket, too
            told = message.get("headers", [])
            known = {name.lower() for name, _ in told} - {b"vary"}
            added = [(name, value) for name, value in extra if name not in known]
            message = {**message, "headers": [*told, *added]}
        await send(message)

    return sending
