"""Many threads may ask for scripts at once."""

import ast
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from reluscope.training.script import script
from reluscope.training.written import number

from .scripted import spec_of

THREADS = 4


@pytest.mark.parametrize(
    ("name", "ask"),
    [("parse", lambda: script(spec_of(relu="my_relu"))), ("literal_eval", lambda: number("word"))],
)
def test_one_text_is_parsed_at_a_time(monkeypatch, name, ask):
    """Python 3.11 may fail where there are two."""
    real, inside, most = getattr(ast, name), [], []
    together = threading.Event()

    def parse(*given, **options):
        inside.append(None)
        most.append(len(inside))
        if len(inside) > 1:
            together.set()
        together.wait(0.001)  # for others to come, if they can
        try:
            return real(*given, **options)
        finally:
            inside.pop()

    before = ask()
    monkeypatch.setattr(ast, name, parse)
    with ThreadPoolExecutor(THREADS) as threads:
        answers = list(threads.map(lambda _: ask(), range(2 * THREADS)))
    assert set(answers) == {before}
    assert max(most) == 1
