"""Faulty set-ups: each is called invalid or does not fit, for the right reason, and is gone afterwards."""

from typing import Any

import pytest

from tests.lab.conftest import DEMO, Answer, Taphuan, Verify

pytestmark = [pytest.mark.lab, pytest.mark.long]

#: A drill, the verdicts that are right, and words of which one must be among the reasons or the bottleneck.
FAULTS = (
    ("app-workers", {"invalid", "does_not_fit"}, ("application workers",)),
    ("pgbouncer", {"invalid", "does_not_fit"}, ("pgbouncer pool",)),
    ("full-disk", {"does_not_fit"}, ("disk space",)),
    ("locked-table", {"does_not_fit"}, ("the site stood still", "database locks")),
    ("cold-cache", {"invalid"}, ("the cache was emptied",)),
    ("frozen", {"does_not_fit"}, ("the site stood still",)),
    ("slower", {"does_not_fit"}, ("answers get slower with time", "CPU exhausted")),
)


@pytest.mark.parametrize(("drill", "verdicts", "reasons"), FAULTS, ids=[name for name, *_ in FAULTS])
def test_a_faulty_set_up_is_found_out(
    site: dict[str, Any],
    taphuan: Taphuan,
    hold: tuple[str, str],
    drill: str,
    verdicts: set[str],
    reasons: tuple[str, ...],
) -> None:
    answer = taphuan("verify", DEMO, "--drill", drill, *hold)
    assert answer.document.get("verdict") in verdicts, answer.document
    assert any(reason in told(answer) for reason in reasons), answer.document
    assert not answer.document.get("ready")


def told(answer: Answer) -> str:
    """What the verdict says, in one text."""
    bottleneck = answer.document["bottleneck"] or {}
    said = [*bottleneck.values(), *(text for excuse in answer.document["excuses"] for text in excuse.values())]
    return "; ".join(map(str, said))


def test_after_every_fault_the_site_is_as_it_was(
    site: dict[str, Any], taphuan: Taphuan, verify: Verify, hold: tuple[str, str]
) -> None:
    again = taphuan("up")
    assert again.document["changed"] == 0, again.document
    answer = verify(DEMO, *hold)
    assert answer.document["verdict"] == "fits", answer.document
