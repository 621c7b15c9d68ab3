"""The benchmark's stand-in for lophoc: nginx itself gives the answers that were kept."""

import json
import ssl
from collections.abc import Iterator

import httpx
import pytest

from scripts.stand_in import spent, start
from tests.contracts.toy_course import certified

pytestmark = pytest.mark.contract

FORM, LIST = b'<body data-page="login_form"></body>', b'<body data-page="course_list"></body>'
FILM = bytes(range(256)) * 4
ANSWERS = (
    (
        "GET",
        "/dang-nhap/",
        200,
        [("Content-Type", "text/html; charset=utf-8"), ("Set-Cookie", "csrftoken=a; Path=/")],
        FORM,
    ),
    ("POST", "/dang-nhap/", 302, [("Location", "/"), ("Set-Cookie", "sessionid=b; HttpOnly; Path=/")], b""),
    ("GET", "/", 200, [("Content-Type", "text/html")], LIST),
    ("POST", "/luu/", 200, [("Content-Type", "application/json")], b'{"saved": true}'),
    ("GET", "/phim.mp4", 206, [("Content-Type", "video/mp4")], FILM),
)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A browser on a stand-in that has these answers."""
    folder, recorded, tls = (tmp_path_factory.mktemp(name) for name in ("nginx", "recorded", "tls"))
    certified(tls)
    with (recorded / "answers.jsonl").open("w") as file:
        for number, (method, path, status, headers, body) in enumerate(ANSWERS):
            (recorded / str(number)).write_bytes(body)
            row = {"method": method, "path": path, "status": status, "headers": headers, "body": str(number)}
            file.write(json.dumps(row) + "\n")
    process, port = start(recorded, folder, tls, core=0)
    trusted = ssl.create_default_context(cafile=str(tls / "ca.crt"))
    with httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=trusted, trust_env=False) as client:
        yield client
    assert spent(process.pid) >= 0  # by ticks of the kernel, of which so few requests need none
    process.terminate()
    assert process.wait(10) == 0


def test_a_visitor_signs_in_with_the_cookies_that_lophoc_gave(site: httpx.Client) -> None:
    assert site.get("/dang-nhap/").content == FORM
    sent_on = site.post("/dang-nhap/", data={"username": "a"})
    assert (sent_on.status_code, sent_on.headers["location"].endswith("/")) == (302, True)
    assert dict(site.cookies) == {"csrftoken": "a", "sessionid": "b"}
    assert site.get("/?tiep=1").content == LIST


def test_what_is_saved_by_a_script_is_answered_in_its_own_type(site: httpx.Client) -> None:
    answer = site.post("/luu/", content=b"x" * 400_000)
    assert (answer.status_code, answer.headers["content-type"], answer.json()) == (
        200,
        "application/json",
        {"saved": True},
    )


def test_a_film_is_given_by_ranges(site: httpx.Client) -> None:
    answer = site.get("/phim.mp4", headers={"Range": "bytes=10-19"})
    assert (answer.status_code, answer.content) == (206, FILM[10:20])
    assert answer.headers["content-range"] == f"bytes 10-19/{len(FILM)}"


def test_what_lophoc_was_never_asked_for_is_not_found(site: httpx.Client) -> None:
    assert site.get("/khac/").status_code == 404
