"""Two application hosts behind one edge: what one of them took in, everybody gets through the other."""

import json
import os
import re
import ssl
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from io import BytesIO

import httpx
import pytest

from lms_stack.paths import DeploymentPaths
from lms_stack.services import service
from lms_stack.topology import Topology
from runbooks.ssh import SshRemote
from tests.lab.conftest import ROOT, like_the_demo

pytestmark = [pytest.mark.lab, pytest.mark.long]

File = tuple[str, bytes, str]

NAME = "two-app-hosts"
ESSAY = b"%PDF-1.4\n" + b"bai luan " * 50_000
HANDED_IN = ("Bài luận cuối khoá.pdf", ESSAY, "application/pdf")
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_FILE = re.compile(r'href="(/[^"]*bai-nop/\d+[^"]*)"')
_PACKAGE = re.compile(r'(?:src|data-source)="(/thu-muc/[^"]+)"')


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeploymentPaths]:
    """The demo course for few learners, each role on a host of its own and the application on two."""
    folder = tmp_path_factory.mktemp("two")
    course = like_the_demo(folder, name=NAME, learners=120, classes=2, instructors=2, layout="split")
    environment = {**os.environ, "TAPHUAN_STATE": str(folder / "state")}

    def run(*words: str) -> None:
        command = [sys.executable, "-m", "tests.lab.wider", words[0], str(course), *words[1:]]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-4000:]

    try:
        run("up")
        yield DeploymentPaths(root=folder / "state" / NAME)
    finally:
        run("down", "--yes")


@pytest.fixture(scope="module")
def topology(paths: DeploymentPaths) -> Topology:
    """Its hosts."""
    return Topology.model_validate_json(paths.topology.read_text("utf-8"))


@pytest.fixture(scope="module")
def remote(topology: Topology) -> Iterator[SshRemote]:
    """SSH to its hosts."""
    with SshRemote(topology) as made:
        yield made


@pytest.fixture(scope="module")
def learner(paths: DeploymentPaths, topology: Topology) -> Iterator[httpx.Client]:
    """The first learner, signed in."""
    trusted = ssl.create_default_context(cafile=paths.root / "ca" / "ca.crt")
    password = json.loads((paths.root / "first-login.json").read_text("utf-8"))["hocvien"]
    with httpx.Client(base_url=topology.url("https"), verify=trusted, timeout=30) as browser:
        send(browser, "/dang-nhap/", {"username": "hocvien", "password": password, "next": ""})
        yield browser


def send(browser: httpx.Client, path: str, fields: dict[str, str], to: str = "", **files: File) -> httpx.Response:
    """Send a page's form as a browser does, to its own address where no other is named."""
    found = _TOKEN.search(browser.get(path).raise_for_status().text)
    assert found, path
    given = {"csrfmiddlewaretoken": found[1], **fields}
    return browser.post(to or path, data=given, files=files or None, headers={"Referer": str(browser.base_url)})


def only(remote: SshRemote, name: str) -> None:
    """Let one of the two hosts serve."""
    other = {"app-1": "app-2", "app-2": "app-1"}[name]
    row = service("lophoc")
    asked = f"http://127.0.0.1:{row.port}{row.probe}"
    ready = f"until python3 -c 'import urllib.request as u; u.urlopen(\"{asked}\")' 2>/dev/null; do sleep 0.5; done"
    remote.run(name, f"systemctl start lophoc; {ready}")
    remote.run(other, "systemctl stop lophoc")
    time.sleep(11)  # so long the edge leaves out a host that it saw fail (nginx: fail_timeout, 10 s)


def test_an_essay_that_one_host_took_is_read_and_exported_through_the_other(
    remote: SshRemote, learner: httpx.Client
) -> None:
    only(remote, "app-2")
    course = learner.get(f"/khoa-hoc/{NAME}/").raise_for_status().text
    essay = re.search(rf'href="(/khoa-hoc/{NAME}/bai-luan/\d+/)"', course)
    assert essay
    taken = send(learner, essay[1], {"text": ""}, file=HANDED_IN)
    assert taken.status_code == 302, taken.text[:2000]
    only(remote, "app-1")
    link = _FILE.search(learner.get(essay[1]).text)
    assert link
    whole = learner.get(link[1])
    assert (whole.status_code, whole.content) == (200, ESSAY)
    assert whole.headers["content-disposition"].startswith("attachment")
    part = learner.get(link[1], headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, ESSAY[100:200])
    export = send(learner, "/du-lieu-cua-toi/", {}, "/du-lieu-cua-toi/tep/")
    with zipfile.ZipFile(BytesIO(export.content)) as archive:
        held = [archive.read(name) for name in archive.namelist() if name.startswith("tep/")]
    assert ESSAY in held


def test_nothing_that_people_upload_lies_on_an_application_host(remote: SshRemote) -> None:
    for host in ("app-1", "app-2"):
        assert remote.run(host, "find /srv /var/tmp /tmp -type f -size +100k | grep -v content || true").stdout == ""
    kept = remote.run("edge-1", "find /srv/lophoc/media/bai-nop -type f | wc -l")
    assert int(kept.stdout) >= 1


def test_a_package_that_the_first_host_took_in_is_played_through_the_second(
    remote: SshRemote, learner: httpx.Client
) -> None:
    only(remote, "app-2")
    course = learner.get(f"/khoa-hoc/{NAME}/").raise_for_status().text
    page = re.search(rf'href="(/khoa-hoc/{NAME}/goi-hoc-lieu/\d+/)"', course)
    assert page
    source = _PACKAGE.search(learner.get(page[1]).raise_for_status().text)
    assert source
    played = learner.get(source[1])
    assert played.status_code == 200
    assert "package-frame.js" in played.text
    assert "sandbox" in played.headers["content-security-policy"]
    only(remote, "app-1")
