"""Real Chromium, as a person would."""

import pytest

pytest.register_assert_rewrite("tests.page.visit")
