"""What is declared to Pulumi, what is kept secret, and what a killed run left."""

import asyncio
import errno
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pulumi
import pytest
from cryptography import x509
from pulumi.automation import Stack

from infra import certificates, leftovers, secrets, stack
from infra.lab.network import NetworkArgs
from infra.resources import LabStack
from lms_stack.errors import StepFailed
from lms_stack.provisioned import ProvisionChanges, ProvisionedNetwork
from tests.unit.test_infra_provider import GUEST

DOMAIN = "lms.demo.test"
EDGE = ["198.18.7.10"]


class Recorder(pulumi.runtime.Mocks):
    """Remembers what was declared; every guest has the same host key."""

    def __init__(self) -> None:
        self.declared: dict[str, tuple[str, dict[str, Any]]] = {}

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        self.declared[args.name] = (args.typ, dict(args.inputs))
        return args.name, {**args.inputs, "host_key": "ssh-ed25519 BBBB"}

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return {}, None


def test_a_lab_is_one_network_and_its_guests_and_gives_back_their_keys() -> None:
    asyncio.set_event_loop(asyncio.new_event_loop())  # Pulumi's mocks ask for one that is already there
    recorder = Recorder()
    pulumi.runtime.set_mocks(recorder, project="taphuan", stack="demo")
    network = NetworkArgs("th-0a1b2c", "taphuan_0a1b2c", "198.18.7.0/24", "198.18.7.1", ("198.18.7.12",))
    keys: dict[str, str] = {}

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def declare() -> Any:
        made = LabStack("demo", network, (GUEST,))
        return pulumi.Output.all(**made.host_keys).apply(keys.update)

    declare()
    assert keys == {"lms-1": "ssh-ed25519 BBBB"}
    assert recorder.declared["network"] == (
        "taphuan:lab:Network",
        {
            "bridge": "th-0a1b2c",
            "table": "taphuan_0a1b2c",
            "cidr": "198.18.7.0/24",
            "gateway": "198.18.7.1",
            "kept_in": ["198.18.7.12"],
        },
    )
    kind, inputs = recorder.declared["lms-1"]
    assert kind == "taphuan:lab:Guest"
    assert inputs["memory"] == 2**30


def made(held: dict[str, str] | None = None, addresses: list[str] | None = None) -> dict[str, str]:
    return secrets.completed(held or {}, "demo", DOMAIN, addresses or EDGE)


def test_secrets_are_made_once_and_then_kept() -> None:
    first = made()
    assert made(first) == first


def test_no_two_deployments_share_a_secret() -> None:
    first, second = made(), made()
    assert not {name for name in first if first[name] == second[name]}


def test_every_first_account_has_a_password_of_its_own() -> None:
    passwords = json.loads(made()["account_passwords"])
    assert set(passwords) == {"quantri", "giangvien", "hocvien"}
    assert len(set(passwords.values())) == 3


def test_the_sites_certificate_names_its_domain_and_addresses_and_is_signed_by_the_ca() -> None:
    held = made()
    site, authority = (
        x509.load_pem_x509_certificate(held[name].encode()) for name in ("site_certificate", "ca_certificate")
    )
    site.verify_directly_issued_by(authority)
    names = site.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [DOMAIN]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == EDGE


def test_a_moved_edge_gets_a_new_certificate_of_the_same_ca_and_key() -> None:
    first = made()
    second = made(first, ["198.18.7.99"])
    assert {name for name in first if first[name] != second[name]} == {"site_certificate"}
    assert certificates.is_good(second["site_certificate"], DOMAIN, ["198.18.7.99"])


@pytest.mark.parametrize(("days_left", "good"), [(31, True), (29, False), (-1, False)])
def test_a_certificate_is_renewed_in_its_last_month(
    days_left: int, good: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = made()
    now = datetime.now(UTC) + timedelta(days=certificates.SITE_DAYS - days_left)
    monkeypatch.setattr(certificates, "datetime", SimpleNamespace(now=lambda _zone: now))
    assert certificates.is_good(held["site_certificate"], DOMAIN, EDGE) is good


def lock(backend: Path, text: str) -> Path:
    file = backend / ".pulumi" / "locks" / "organization" / "taphuan" / "demo" / "lock.json"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    return file


@pytest.mark.parametrize("text", ['{"pid": 4194305}', '{"pid"', "{}", ""])
def test_a_lock_without_a_living_owner_goes(tmp_path: Path, text: str) -> None:
    file = lock(tmp_path, text)
    leftovers.release_stale_locks(tmp_path)
    assert not file.exists()


def test_a_lock_whose_owners_number_went_to_another_program_goes(tmp_path: Path) -> None:
    file = lock(tmp_path, json.dumps({"pid": os.getpid()}))
    leftovers.release_stale_locks(tmp_path)
    assert not file.exists()


def test_the_lock_of_a_living_pulumi_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = lock(tmp_path, json.dumps({"pid": os.getpid()}))
    monkeypatch.setattr(leftovers, "arguments", lambda _pid: ["/cache/bin/pulumi", "up"])
    leftovers.release_stale_locks(tmp_path)
    assert file.exists()


class FakeStack:
    """A stack with some state; remembers what was put in its place."""

    def __init__(self, deployment: dict[str, Any]) -> None:
        self.exported = SimpleNamespace(version=3, deployment=deployment)
        self.imported: Any = None

    def export_stack(self) -> Any:
        return self.exported

    def import_stack(self, state: Any) -> None:
        self.imported = state


def test_unfinished_operations_are_forgotten_and_nothing_else() -> None:
    fake = FakeStack({"resources": [1, 2], "pending_operations": [{"type": "creating"}]})
    leftovers.forget_pending_operations(cast(Stack, fake))
    assert fake.imported.deployment == {"resources": [1, 2], "pending_operations": []}


def test_a_finished_state_is_left_alone() -> None:
    fake = FakeStack({"resources": [1, 2]})
    leftovers.forget_pending_operations(cast(Stack, fake))
    assert fake.imported is None


def test_a_replacement_counts_as_one_update() -> None:
    counted = {"same": 3, "replace": 1, "create-replacement": 1, "delete-replaced": 1, "update": 1}
    assert stack._changes(counted) == ProvisionChanges(update=2, same=3)


def test_the_cause_is_taken_from_the_resource_and_not_from_the_summary() -> None:
    said = "\n".join(
        (
            "code: 1",
            "  Stack demo creating error: update failed",
            "  Guest lms-1 creating (60s) error: it did not answer",
        )
    )
    assert "it did not answer" in stack._cause(said)


def test_secrets_are_not_shown_where_what_was_provisioned_is_printed() -> None:
    provisioned = stack.Provisioned(
        hosts=(),
        network=ProvisionedNetwork(cidr="198.18.7.0/24", operator_address="198.18.7.1", interface="th-0a1b2c"),
        secrets={"database_password": "hunter2"},
        changes=ProvisionChanges(),
    )
    assert "hunter2" not in f"{provisioned!r} {provisioned}"


@pytest.mark.parametrize(
    ("error", "said", "helps"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/s/golden"), "/s/golden: No space left", "TAPHUAN_STATE"),
        (OSError(errno.ENOSPC, "No space left on device"), "this machine refused: No space left", "TAPHUAN_STATE"),
        (TimeoutError("lms-1 did not start in 60 s"), "refused: lms-1 did not start in 60 s", "run the same command"),
        (LookupError("every /24 of 198.18.0.0/15 is taken"), "every /24", "run the same command"),
    ],
)
def test_what_this_machine_refuses_is_told_in_a_line(error: Exception, said: str, helps: str, tmp_path: Path) -> None:
    with pytest.raises(StepFailed) as failed, stack._failures_told(tmp_path / "up.log"):
        raise error
    assert said in failed.value.message
    assert "Errno" not in failed.value.message
    assert helps in failed.value.hint
