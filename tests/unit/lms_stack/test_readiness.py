"""The certificate of a fit: it holds while nothing changes, and says what made it void."""

from base64 import b64decode, b64encode
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_stack.course_file import read_course
from lms_stack.demand import demand
from lms_stack.readiness import (
    Certificate,
    Evidence,
    Present,
    Signed,
    Versions,
    new_key,
    plan_hash,
    public_key,
    sign,
    voids,
)
from lms_stack.sizing import plan as sized

COURSE = read_course(Path(__file__).parent.parent / "good_course.yaml")
KEY = new_key()
STACK = (Versions(host="lms-1", release="/opt/lophoc/6899", packages={"nginx": "1.26.3-3", "postgresql-17": "17.6"}),)
CERTIFICATE = Certificate(
    deployment="demo",
    course="Ứng dụng công nghệ thông tin",
    organiser="Sở Giáo dục và Đào tạo",
    learners=600,
    issued=datetime(2027, 3, 1, 12, 30, tzinfo=UTC),
    until=date(2027, 4, 11),
    plan="a" * 64,
    stack=STACK,
    evidence=Evidence(
        folder="20270301T123000Z",
        sha256="b" * 64,
        requests_per_second=60.9,
        slowest_page_p95=0.173,
        allowed_page_p95=1.0,
        failed_share=0.0,
    ),
)
SIGNED = sign(CERTIFICATE, KEY)
NOW = Present(
    today=date(2027, 4, 11),
    public_key=public_key(KEY),
    standing_plan="a" * 64,
    course_plan="a" * 64,
    stack=STACK,
    measurement="b" * 64,
    misfit=None,
)


def reasons(signed: Signed = SIGNED, **changes: Any) -> list[str]:
    """What makes a certificate void when these things are otherwise than when it was signed."""
    return [void.en for void in voids(signed, NOW.model_copy(update=changes))]


def test_a_certificate_holds_to_the_end_of_its_last_day_while_nothing_changes() -> None:
    assert reasons() == []


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"today": date(2027, 4, 12)}, "it has expired"),
        ({"standing_plan": "c" * 64}, "another plan was built since"),
        ({"standing_plan": None, "stack": None}, "the stack is not up any more"),
        ({"course_plan": "c" * 64}, "the course now needs another plan"),
        ({"stack": None}, "the hosts can't be asked what they run"),
        ({"measurement": None}, "its measurement is not there any more"),
        ({"measurement": "c" * 64}, "its measurement was changed"),
        ({"misfit": "20270302T080000Z"}, "a later verify did not fit"),
        ({"public_key": None}, "it was not signed by this deployment"),
        ({"public_key": public_key(new_key())}, "it was not signed by this deployment"),
    ],
)
def test_whatever_changed_is_said_and_nothing_else(changes: dict[str, Any], reason: str) -> None:
    assert reasons(**changes) == [reason]


def test_an_upgrade_is_told_package_by_package() -> None:
    now = (Versions(host="lms-1", release="/opt/lophoc/7a00", packages={"nginx": "1.26.3-4", "postgresql-17": "17.6"}),)
    evidence = [void.evidence for void in voids(SIGNED, NOW.model_copy(update={"stack": now}))]
    assert evidence == ["lms-1: nginx 1.26.3-3 → 1.26.3-4", "lms-1: release /opt/lophoc/6899 → /opt/lophoc/7a00"]


def test_a_host_that_is_gone_and_a_package_that_is_new_count_as_changes() -> None:
    other = (Versions(host="app-1", release="/opt/lophoc/6899", packages={"nginx": "1.26.3-3"}),)
    evidence = [void.evidence for void in voids(SIGNED, NOW.model_copy(update={"stack": other}))]
    assert "lms-1: nginx 1.26.3-3 → not there" in evidence
    assert "app-1: nginx not there → 1.26.3-3" in evidence


@pytest.mark.parametrize(
    "changes",
    [
        {"learners": 6000},
        {"until": date(2030, 1, 1)},
        {"plan": "c" * 64},
        {"course": "Khóa khác"},
        {"stack": ()},
        {"evidence": CERTIFICATE.evidence.model_copy(update={"sha256": "c" * 64})},
    ],
)
def test_a_field_that_was_changed_after_signing_breaks_the_signature(changes: dict[str, Any]) -> None:
    forged = SIGNED.model_copy(update={"certificate": CERTIFICATE.model_copy(update=changes)})
    assert "its signature does not match its content" in reasons(forged)


def test_one_that_was_changed_and_signed_anew_with_another_key_is_not_this_deployments() -> None:
    forged = sign(CERTIFICATE.model_copy(update={"learners": 6000}), new_key())
    assert reasons(forged) == ["it was not signed by this deployment"]


@given(at=st.integers(0, 63), bit=st.integers(0, 7))
def test_no_bit_of_the_signature_may_differ(at: int, bit: int) -> None:
    raw = bytearray(b64decode(SIGNED.signature))
    raw[at] ^= 1 << bit
    assert reasons(SIGNED.model_copy(update={"signature": b64encode(raw).decode()})) == [
        "its signature does not match its content"
    ]


@pytest.mark.parametrize("damaged", [{"signature": "no base64!"}, {"signature": ""}, {"public_key": "AAAA"}])
def test_damaged_keys_and_signatures_are_void_and_no_crash(damaged: dict[str, str]) -> None:
    assert "its signature does not match its content" in reasons(SIGNED.model_copy(update=damaged))


def test_a_certificate_survives_being_saved_and_read_back() -> None:
    assert reasons(Signed.model_validate_json(SIGNED.model_dump_json(indent=2))) == []


def test_a_plan_is_another_when_what_is_built_or_what_it_is_built_for_changes() -> None:
    plan = sized(COURSE, demand(COURSE))
    host = plan.hosts[0]
    more = host.model_copy(update={"cores": host.cores.model_copy(update={"value": host.cores.value * 2})})
    told = host.model_copy(update={"cores": host.cores.model_copy(update={"reason": "in other words"})})
    assert plan_hash(plan) != plan_hash(plan.model_copy(update={"hosts": (more, *plan.hosts[1:])}))
    assert plan_hash(plan) != plan_hash(sized(COURSE, demand(COURSE.model_copy(update={"learners": 9999}))))
    assert plan_hash(plan) == plan_hash(plan.model_copy(update={"hosts": (told, *plan.hosts[1:]), "predicted": ()}))
