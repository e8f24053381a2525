"""A minute of what may go on for half an hour: `python -m tests.soak --minutes 30`."""

import os

import pytest

from tests.soak.soak import soak

SEED = int(os.environ.get("RELUSCOPE_SEED", "1"))
"""As in test_live_fuzz."""

ACTING_S = 40.0
"""With the rests after it, about a minute. It takes less than half a core, and nearly all of it waits."""


@pytest.mark.timeout(600)  # it gives a server time to come to rest, where others want the machine
def test_a_minute_of_anything_leaves_nothing_behind(tmp_path):
    soak(tmp_path, ACTING_S, SEED)
