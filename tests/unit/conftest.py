"""Options of the unit tests."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest tests/unit --update-golden` writes the golden files anew; look at their diff before it is committed."""
    parser.addoption("--update-golden", action="store_true", help="write tests/golden/ anew instead of comparing")
