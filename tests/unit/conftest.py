"""Options of the unit tests."""

import pytest
from hypothesis import settings

# Examples are judged by what they show, not by how long they take on a machine that does other things too.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest tests/unit --update-golden` writes the golden files anew; look at their diff before it is committed."""
    parser.addoption("--update-golden", action="store_true", help="write tests/golden/ anew instead of comparing")
