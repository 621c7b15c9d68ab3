"""lophoc's mail job against a real SMTP server in this process: what arrives, what is refused, and by which line.

The server is aiosmtpd, which speaks the protocol as a site's mail server does; the job is the one that a worker runs.
"""

import json
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.contracts.toy_course import certified

pytestmark = pytest.mark.contract

ROOT = Path(__file__).parent.parent.parent
USER, PASSWORD = "thu@sogd.vn", "mat/khau: 1@"
#: Queues one letter that may be unsubscribed from and one that may not.
QUEUE = """
from lophoc.accounts.models import User
from lophoc.notices.mail import queue_mail
from post_office.models import Email
Email.objects.all().delete()
person, _ = User.objects.get_or_create(username="hv", email="hv@truong.example", full_name="Nguyễn Thị Hà")
told = {"announcement": {"title": TITLE, "body": "Thi ngày 9."}, "course": {"title": "Khoá", "organiser": "Sở"}}
for mandatory in (False, True):
    queue_mail("notices/mail/announcement.txt", [person], told, mandatory=mandatory)
"""
STATES = """
import json
from post_office.models import STATUS, Email
print(json.dumps([[STATUS._fields[e.status], e.number_of_retries or 0] for e in Email.objects.order_by("pk")]))
"""
#: As if a quarter of an hour had passed.
LATER = "from post_office.models import Email; Email.objects.update(scheduled_time=None)"


class Inbox:
    """What an SMTP server was given; it refuses so many letters first."""

    def __init__(self, refuses: int = 0) -> None:
        self.letters: list[EmailMessage] = []
        self.refuses = refuses
        self.encrypted: list[bool] = []

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take one letter, or not."""
        if self.refuses:
            self.refuses -= 1
            return "451 4.3.0 Try again later"
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        assert envelope.rcpt_tos == [letter["To"]]
        self.letters.append(letter)
        self.encrypted.append(session.ssl is not None)
        return "250 OK"


class Site:
    """A site with an empty mail queue; `environment` is its settings."""

    def __init__(self, folder: Path) -> None:
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "lms_stack" / "lophoc"),
            "DJANGO_SETTINGS_MODULE": "lophoc.settings_test",
            "LOPHOC_DATABASE_URL": f"sqlite:///{folder / 'mail.sqlite'}",
            "LOPHOC_URL": "https://tap-huan.example",
            "LOPHOC_EMAIL_FROM": "Lớp học <lophoc@tap-huan.example>",
        }
        self.lock = folder / "queue"

    def manage(self, *arguments: str, **more: str) -> str:
        """What one of lophoc's commands prints."""
        command = [sys.executable, "-m", "lophoc.manage", *arguments]
        done = subprocess.run(
            command, env=self.environment | more, cwd=ROOT, check=True, capture_output=True, text=True, timeout=120
        )
        return done.stdout

    def queue(self, title: str = "Lịch thi") -> None:
        """Put the two letters into an empty queue."""
        self.manage("shell", "-v", "0", "-c", QUEUE.replace("TITLE", repr(title)))

    def send(self, address: str, **more: str) -> list[list[Any]]:
        """Run the mail job once; gives back the state of each letter and how often it was put back."""
        self.manage("send_queued_mail", "--lockfile", str(self.lock), LOPHOC_EMAIL_URL=address, **more)
        states: list[list[Any]] = json.loads(self.manage("shell", "-v", "0", "-c", STATES))
        return states


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site whose database is ready."""
    made = Site(tmp_path_factory.mktemp("mail"))
    made.manage("migrate", "--verbosity", "0")
    return made


@contextmanager
def server(inbox: Inbox, **how: Any) -> Iterator[int]:
    """An SMTP server on loopback; its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    controller = Controller(inbox, hostname="127.0.0.1", port=port, **how)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def test_letters_arrive_with_their_headers_and_only_the_voluntary_one_can_be_unsubscribed_from(site: Site) -> None:
    inbox = Inbox()
    site.queue("Lịch thi {{ settings }} & <b>")
    with server(inbox) as port:
        states = site.send(f"smtp://127.0.0.1:{port}")
    assert states == [["sent", 0], ["sent", 0]]
    # Two threads send, so they come in any order.
    mandatory, voluntary = sorted(inbox.letters, key=lambda letter: "List-Unsubscribe" in letter)
    for letter in inbox.letters:
        assert letter["Subject"] == "Lịch thi {{ settings }} & <b> – Khoá"
        assert letter["From"] == "Lớp học <lophoc@tap-huan.example>"
        assert letter["To"] == "hv@truong.example"
        assert letter["Auto-Submitted"] == "auto-generated"
        assert letter["Message-ID"]
        assert letter["Date"]
        text = letter.get_content()
        assert "Kính gửi Nguyễn Thị Hà," in text
        assert "Thi ngày 9." in text
    unsubscribe = voluntary["List-Unsubscribe"].strip()  # it is folded before its long address
    assert unsubscribe.startswith("<https://tap-huan.example/")
    assert unsubscribe.strip("<>") in voluntary.get_content()
    assert voluntary["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mandatory["List-Unsubscribe"] is None


def test_a_letter_that_was_refused_for_now_is_sent_once_when_its_time_comes(site: Site) -> None:
    inbox = Inbox(refuses=2)
    site.queue()
    with server(inbox) as port:
        address = f"smtp://127.0.0.1:{port}"
        assert site.send(address) == [["requeued", 1], ["requeued", 1]]
        assert site.send(address) == [["requeued", 1], ["requeued", 1]], "its time has not come"
        site.manage("shell", "-v", "0", "-c", LATER)
        assert [state for state, _ in site.send(address)] == ["sent", "sent"]
        site.send(address)
    assert len(inbox.letters) == 2


def test_letters_wait_for_a_server_that_is_away(site: Site) -> None:
    site.queue()
    with server(Inbox()) as port:
        pass
    assert site.send(f"smtp://127.0.0.1:{port}") == [["requeued", 1], ["requeued", 1]]


def test_a_server_that_asks_for_starttls_and_a_password_gets_both_and_an_unknown_one_gets_nothing(
    site: Site, tmp_path: Path
) -> None:
    inbox, ca = Inbox(), tmp_path / "ca.crt"
    certified(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(tmp_path / "site.crt", tmp_path / "site.key")
    how = {"tls_context": tls, "require_starttls": True, "authenticator": _signed_in, "auth_required": True}
    site.queue()
    with server(inbox, **how) as port:
        address = f"smtp+starttls://thu%40sogd.vn:mat%2Fkhau%3A%201%40@127.0.0.1:{port}"
        assert [state for state, _ in site.send(address)] == ["requeued", "requeued"]
        assert inbox.letters == [], "its certificate is of an authority that this machine doesn't know"
        site.manage("shell", "-v", "0", "-c", LATER)
        assert [state for state, _ in site.send(address, SSL_CERT_FILE=str(ca))] == ["sent", "sent"]
    assert inbox.encrypted == [True, True]


def _signed_in(_server: SMTP, _session: Session, _envelope: Envelope, _way: str, given: Any) -> AuthResult:
    """Whether somebody may send here."""
    known = LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=given == known)
