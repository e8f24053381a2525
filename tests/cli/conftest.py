"""What the tests of the command share."""

from collections.abc import Callable

import pytest

from reluscope.cli.app import app

Tell = Callable[..., tuple[str, str, int]]


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Tell:
    """What the command tells on stdout and stderr, and its exit status."""

    def tell(*words: object) -> tuple[str, str, int]:
        with pytest.raises(SystemExit) as ending:
            app([str(word) for word in words])
        said = capsys.readouterr()
        assert isinstance(ending.value.code, int)
        return said.out, said.err, ending.value.code

    return tell
