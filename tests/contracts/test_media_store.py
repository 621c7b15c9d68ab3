"""The media store over nginx itself, with the edge's own configuration: what one host writes, every other reads.

nginx is the one of the lab's image, run on this machine with the image's libraries, on ports of loopback.
"""

import io
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import unquote

import httpx
import pytest
from django.conf import settings
from django.core.files.base import ContentFile, File
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from playbooks.variables import inventory
from tests.contracts import small_lab
from tests.contracts.ports import free_port
from tests.unit.playbook_inputs import inputs
from tests.unit.stacks import small_stack

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parent.parent.parent
EDGE = ROOT / "playbooks" / "roles" / "edge"
TOKEN, SECRET = "token-of-a-test", "secret-of-a-test"
DISPOSITION = 'attachment; filename="bai.docx"'


class Site(NamedTuple):
    """An edge that runs: its store, its site, and the folder that it keeps."""

    store: str
    edge: str
    media: Path


class _Application(BaseHTTPRequestHandler):
    """Plays the application: has every answer sent with the file that the path names."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Disposition", DISPOSITION)
        self.send_header("Content-Type", "application/x-test")
        self.send_header("X-Accel-Redirect", self.path.removeprefix("/lam-on"))
        self.send_header("X-Request-Class", "essay_file")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """nginx with the edge's configuration; paths and ports are of this test, and it speaks no TLS."""
    folder = tmp_path_factory.mktemp("edge")
    golden = small_lab.image(folder / "image.log")
    application = ThreadingHTTPServer(("127.0.0.1", 0), _Application)
    Thread(target=application.serve_forever, daemon=True).start()
    store, edge = free_port(), free_port()
    program = _configured(folder, golden, {"store": store, "edge": edge, "application": application.server_port})
    with (folder / "nginx.log").open("w") as log:
        process = subprocess.Popen(program, stdout=log, stderr=log, cwd=folder)
    try:
        _wait_for(edge, folder / "nginx.log")
        yield Site(f"http://:{TOKEN}@127.0.0.1:{store}/", f"http://127.0.0.1:{edge}", folder / "media")
    finally:
        process.terminate()
        process.wait(10)
        application.shutdown()


def _configured(folder: Path, golden: Path, ports: dict[str, int]) -> list[str]:
    """Write the configuration; gives back the command that runs nginx on it."""
    for name in ("media", "parts", "drills"):
        (folder / name).mkdir()
    own = {
        "edge_media_root": str(folder / "media"),
        "edge_store_parts": str(folder / "parts"),
        "edge_drills": str(folder / "drills"),
        "edge_store_listen": f"127.0.0.1:{ports['store']}",
        "edge_status_listen": f"127.0.0.1:{free_port()}",
        "edge_http_port": f"127.0.0.1:{free_port()}",
        "edge_https_port": f"127.0.0.1:{ports['edge']}",
        "edge_upstreams": [f"127.0.0.1:{ports['application']}"],
        "edge_store_token": TOKEN,
        "edge_media_secret": SECRET,
    }
    variables = inventory(inputs(small_stack()))["all"]["hosts"]["lms-1"] | own
    templates = Environment(loader=FileSystemLoader(EDGE / "templates"), undefined=StrictUndefined, autoescape=False)  # noqa: S701 - no HTML
    for name in ("store-token.conf", "media-secret.conf", "nginx.conf"):
        text = templates.get_template(f"{name}.j2").render(variables)
        (folder / f"taphuan-{name}").write_text(_here(text, folder, golden))
    for name in ("headers.conf", "proxy.conf"):
        (folder / f"taphuan-{name}").write_text((EDGE / "files" / name).read_text())
    loader, libraries = golden / "usr/lib64/ld-linux-x86-64.so.2", golden / "usr/lib/x86_64-linux-gnu"
    program = (str(loader), "--library-path", str(libraries), str(golden / "usr/sbin/nginx"))
    return [*program, "-e", str(folder / "error.log"), "-c", str(folder / "taphuan-nginx.conf"), "-g", "daemon off;"]


def _here(text: str, folder: Path, golden: Path) -> str:
    """A configuration with this test's places in place of a host's."""
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in kinds)
    changed = {
        "user www-data;": "user root;",
        "http {": f"http {{\n{temporary}",
        "/etc/nginx/mime.types": f"{golden}/etc/nginx/mime.types",
        "/etc/nginx/taphuan-": f"{folder}/taphuan-",
        "/run/nginx.pid": f"{folder}/nginx.pid",
        "/var/log/nginx/": f"{folder}/",
        " ssl default_server": " default_server",
        "http2 on;": "",
    }
    for old, new in changed.items():
        text = text.replace(old, new)
    return "\n".join(line for line in text.splitlines() if "ssl_certificate" not in line)


def _wait_for(port: int, log: Path) -> None:
    for _ in range(100):
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="module")
def store(site: Site) -> Any:
    """The application's side of the store."""
    return _store(site.store)


def _store(address: str) -> Any:
    if not settings.configured:
        settings.configure(MEDIA_URL="/media/", MEDIA_SECRET=SECRET)
    from lophoc.content.edge_store import EdgeStore  # type: ignore[import-not-found]  # needs the settings

    return EdgeStore(address)


def fetched(address: str, **headers: str) -> httpx.Response:
    """An answer, whatever its status."""
    return httpx.get(address, headers=headers, timeout=10)


def test_a_file_that_one_host_wrote_is_read_by_another_and_gone_when_it_is_removed(site: Site, store: Any) -> None:
    name = store.save("bai-nop/7/3-Bài luận.docx", ContentFile(b"mot hai ba"))
    other = _store(site.store)
    assert other.exists(name)
    assert other.size(name) == 10
    with other.open(name) as file:
        assert file.read() == b"mot hai ba"
    other.delete(name)
    other.delete(name)
    assert not store.exists(name)
    with pytest.raises(FileNotFoundError):
        store.open(name)


def test_a_second_file_of_the_same_name_gets_another_one(store: Any) -> None:
    names = [store.save("hoc-lieu/tai-lieu/a.pdf", ContentFile(b"%d" % n)) for n in range(2)]
    assert names[0] != names[1]
    assert [store.open(name).read() for name in names] == [b"0", b"1"]


def test_a_large_file_arrives_whole_and_is_given_to_programs_as_a_path(store: Any) -> None:
    whole = bytes(range(256)) * 40_000
    name = store.save("hoc-lieu/video/a.mp4", File(io.BytesIO(whole)))
    with store.local(name) as path:
        assert path.read_bytes() == whole
    assert not path.exists()


def test_a_folder_is_there_whole_or_not_at_all(site: Site, store: Any, tmp_path: Path) -> None:
    (tmp_path / "goi" / "sco 1").mkdir(parents=True)
    (tmp_path / "goi" / "index.html").write_text("chào")
    (tmp_path / "goi" / "sco 1" / "bài.html").write_text("một")
    assert not store.holds_folder("goi/1a2b")
    store.put_folder(tmp_path / "goi", "goi/1a2b")
    assert store.holds_folder("goi/1a2b")
    assert (site.media / "goi" / "1a2b" / "sco 1" / "bài.html").read_text() == "một"
    (tmp_path / "goi" / "vanishes.html").symlink_to(tmp_path / "nowhere")
    broken = tmp_path / "goi" / "z.html"
    broken.write_text("z")
    with pytest.raises(RuntimeError), _BreakingAt(store, "z.html"):
        store.put_folder(tmp_path / "goi", "goi/3c4d")
    assert store.listdir("goi")[0] == ["1a2b"]


class _BreakingAt:
    """A store that breaks when it comes to a file."""

    def __init__(self, store: Any, name: str) -> None:
        self.store, self.name, self.put = store, name, store._put

    def __enter__(self) -> None:
        self.store._put = self._break

    def _break(self, name: str, *given: Any) -> None:
        if name.endswith(self.name):
            raise RuntimeError(name)
        self.put(name, *given)

    def __exit__(self, *_: object) -> None:
        self.store._put = self.put


def test_the_store_lists_what_it_holds_with_its_age(store: Any) -> None:
    store.save("tai-ve/a", ContentFile(b"a"))
    assert store.listdir("tai-ve") == ([], ["a"])
    assert abs(store.get_modified_time("tai-ve/a").timestamp() - time.time()) < 3600
    assert store.listdir("khong-co") == ([], [])


def test_without_the_token_nobody_reads_or_writes_and_top_folders_can_t_be_removed(site: Site, store: Any) -> None:
    stranger = _store(site.store.replace(TOKEN, "another"))
    with pytest.raises(OSError, match="403"):
        stranger.save("bai-nop/1/1-x.pdf", ContentFile(b"x"))
    with pytest.raises(OSError, match="403"):
        stranger.exists("bai-nop/1/1-x.pdf")
    store.save("giu/lai.pdf", ContentFile(b"x"))
    with pytest.raises(OSError, match="409"):
        store.delete("giu/")


def test_a_store_that_is_away_is_an_error_that_says_so() -> None:
    with pytest.raises(OSError, match=r"can't be reached for PUT bai-nop/1/a\.pdf"):
        _store(f"http://:{TOKEN}@127.0.0.1:{free_port()}/")._put("bai-nop/1/a.pdf", io.BytesIO(b"a"), 1)


def test_the_edge_sends_what_an_answer_names_with_its_headers_and_ranges(site: Site, store: Any) -> None:
    name = store.save("bai-nop/9/4-Bài.docx", ContentFile(b"0123456789"))
    place = store.answer(name, "Bài.docx", "application/x").headers["X-Accel-Redirect"]
    whole = fetched(f"{site.edge}/lam-on{place}")
    assert (whole.status_code, whole.content) == (200, b"0123456789")
    assert whole.headers["Content-Disposition"] == DISPOSITION
    assert whole.headers["Content-Type"] == "application/x-test"
    assert "X-Accel-Redirect" not in whole.headers
    part = fetched(f"{site.edge}/lam-on{place}", Range="bytes=2-4")
    assert (part.status_code, part.content, part.headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")
    assert _logged(site, place)["request_class"] == "essay_file"


def _logged(site: Site, path: str) -> dict[str, Any]:
    """The access log's line of an address, once it was written out."""
    log = site.media.parent / "access.json"
    for _ in range(50):
        for line in map(json.loads, log.read_text().splitlines()):
            if line["uri"] == unquote(path):
                return dict(line)
        time.sleep(0.1)
    raise AssertionError(f"{path} is not in {log.read_text()}")


@pytest.mark.parametrize(
    ("name", "request_class"),
    [
        ("phim/1a2b/phim.m3u8", "video_playlist"),
        ("phim/1a2b/phim.mp4", "video_segment"),
        ("goi/3c4d/index.html", "package_file"),
        ("goi/3c4d/phim/phim.m3u8", "package_file"),
    ],
)
@pytest.mark.usefixtures("store")
def test_the_log_names_the_class_of_a_file_by_the_folder_that_it_lies_in(
    site: Site, name: str, request_class: str
) -> None:
    from lophoc.catalogue.media import signed_folder  # type: ignore[import-not-found]  # needs the settings

    (site.media / name).parent.mkdir(parents=True, exist_ok=True)
    (site.media / name).write_bytes(b"x")
    address = signed_folder(name)
    assert fetched(f"{site.edge}{address}").status_code == 200
    assert _logged(site, address)["request_class"] == request_class


def test_no_browser_gets_in_where_the_edge_finds_such_files(site: Site, store: Any) -> None:
    name = store.save("bai-nop/9/5-a.docx", ContentFile(b"a"))
    assert fetched(f"{site.edge}/kho-tep/{name}").status_code == 404
    assert fetched(f"{site.edge}/media/{name}").status_code == 403


def test_a_signed_address_gives_a_written_file_whatever_letters_its_name_has(site: Site, store: Any) -> None:
    name = store.save("hoc-lieu/tai-lieu/Tài liệu.pdf", ContentFile(b"%PDF-1"))
    answer = fetched(site.edge + store.url(name))
    assert (answer.status_code, answer.content) == (200, b"%PDF-1")
    assert answer.headers["Cache-Control"] == "max-age=21600"
    assert fetched(site.edge + store.url(name).replace("&s=", "&s=x")).status_code == 403
