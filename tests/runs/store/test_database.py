"""What a database is called."""

import pytest

from reluscope.runs.store.database import Database


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://me:secret@host/runs",
        "postgresql://me@host/runs?password=secret",
        "postgresql://host/runs?user=me&sslpassword=secret&password=secret",
    ],
)
def test_no_password_is_told_wherever_it_stands_in_the_url(url: str) -> None:
    told = str(Database.at(url))
    assert "host/runs" in told
    assert "me" in told
    assert "secret" not in told
