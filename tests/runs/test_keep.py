"""What makes room for newer runs, and what never does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reluscope.runs.keep import Keep
from reluscope.runs.run import Run
from reluscope.runs.states import MOVES, Status

from .making import spec

kinds = st.tuples(st.sampled_from(sorted(MOVES)), st.booleans(), st.integers(0, 1000))
"""A run's status, whether it is pinned, and what it takes."""


def made(number: int, status: Status, *, pinned: bool = False, size: int = 1) -> Run:
    run = Run(spec(iterations=1), number)
    run.status, run.pinned, run.stored_bytes = status, pinned, size
    return run


@given(
    st.lists(kinds, max_size=12), st.integers(0, 12) | st.none(), st.integers(0, 3000) | st.none()
)
def test_the_oldest_go_that_may_and_no_more_than_must(
    all_of: list[tuple[Status, bool, int]], count: int | None, size: int | None
) -> None:
    runs = [made(n, s, pinned=p, size=b) for n, (s, p, b) in enumerate(all_of)]

    def fits(left: list[Run]) -> bool:
        return (count is None or len(left) <= count) and (
            size is None or sum(run.stored_bytes for run in left) <= size
        )

    gone = Keep(count, size).excess(runs[::-1])
    may = [run for run in runs if not MOVES[run.status] and not run.pinned]
    assert gone == may[: len(gone)]
    assert fits([run for run in runs if run not in gone]) or gone == may
    assert not gone or not fits([run for run in runs if run not in gone[:-1]])


@pytest.mark.parametrize("status", ["queued", "running", "paused", "interrupted"])
def test_what_has_not_ended_never_goes(status: Status) -> None:
    assert Keep(count=1).excess([made(1, status), made(2, "finished", pinned=True)]) == []
