"""What schemathesis makes of one test for each operation, told apart."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """It calls them all the same, and of those that are called the same a scheduler runs one."""
    for item in items:
        label = getattr(item, "operation_label", None)
        if label and item.id.params is None:
            item._id = item.id.with_params(label)
