"""The machine goes down without a word and comes back: the next up brings the whole stack back with its data."""

import os
import ssl
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest

from infra.lab import naming, network, processes, sweep
from infra.lab.commands import run
from infra.lab.guest import GuestPlace
from infra.lab.limits import remove_parent
from lms_stack.topology import Topology
from runbooks.ssh import SshRemote
from tests.contracts import small_lab
from tests.lab.conftest import Answer, Taphuan

pytestmark = pytest.mark.lab

TITLE = "Trước khi mất điện"
UPLOAD = "/srv/lophoc/media/truoc-khi-mat-dien.txt"
_WRITE = f"""
from lophoc.catalogue.models import Course
from lophoc.forum.models import Topic
Topic.objects.create(course=Course.objects.get(slug='demo'), title='{TITLE}')
"""
_COUNT = f"from lophoc.forum.models import Topic; print(Topic.objects.filter(title='{TITLE}').count())"


@pytest.fixture(scope="module")
def root(state: Path, site: dict[str, Any]) -> Path:
    """The folder of the deployment that stands."""
    return state / "demo"


@pytest.fixture(scope="module")
def remote(root: Path) -> Iterator[SshRemote]:
    """SSH to its hosts."""
    with SshRemote(Topology.model_validate_json((root / "topology.json").read_text("utf-8"))) as made:
        yield made


@pytest.fixture(scope="module")
def after(root: Path, remote: SshRemote, taphuan: Taphuan) -> Answer:
    """Something is written, the power fails, and `up` is run when it is back."""
    _in_django(remote, _WRITE)
    remote.run("lms-1", f"echo kept >{UPLOAD} && sync {UPLOAD}")
    power_cut(root)
    assert not small_lab.left_by(root)
    return taphuan("up")


def _in_django(remote: SshRemote, code: str) -> str:
    said = remote.run("lms-1", f'/usr/local/bin/lophoc-manage shell --command "{code}"').stdout
    return (said.strip().splitlines() or [""])[-1]


def power_cut(root: Path) -> None:
    """Take from this machine what a reboot takes from it, of one deployment: its processes, mounts and network.

    No guest is asked to shut down.
    """
    mark, guests = naming.mark(str(root)), root / "guests"
    for place in sweep.stray_guests(guests, mark):
        _kill(place)
        while os.path.ismount(place.root):
            run("umount", str(place.root))
        place.group.remove()
    network.remove_named(naming.bridge(mark), naming.table(mark))
    remove_parent(mark)


def _kill(place: GuestPlace) -> None:
    nspawn = processes.nspawn_of(place.machine, place.root)
    victims = {*place.group.members(), *([nspawn] if nspawn else [])}
    assert victims, f"{place.name} doesn't run"
    for pid in victims:
        processes.send(pid, SIGKILL)
    for pid in victims:
        processes.wait_gone(pid, 10)


def test_up_after_a_reboot_ends_well(after: Answer) -> None:
    assert after.code == 0, after.stderr[-4000:]


def test_the_site_answers_again(after: Answer) -> None:
    context = ssl.create_default_context(cafile=after.document["site"]["ca_certificate"])
    # Our own site's https address, as the tool gave it.
    with urllib.request.urlopen(after.document["site"]["url"] + "dang-nhap/", context=context, timeout=10) as page:  # noqa: S310
        assert b'data-page="login_form"' in page.read()


def test_what_was_written_before_is_still_there(after: Answer, remote: SshRemote) -> None:
    assert _in_django(remote, _COUNT) == "1"
    assert remote.run("lms-1", f"cat {UPLOAD}").stdout == "kept\n"


def test_the_up_after_that_changes_nothing(after: Answer, taphuan: Taphuan) -> None:
    again = taphuan("up")
    assert again.code == 0, again.stderr[-4000:]
    assert again.document["changed"] == 0
    assert [again.document["pulumi"][name] for name in ("create", "update", "delete")] == [0, 0, 0]
