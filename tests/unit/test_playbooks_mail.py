"""The mail server of a course file becomes one address that lophoc reads."""

from pathlib import Path

import pytest

from lms_stack.course import Mail
from playbooks.mail import mail_url


def mail(**changes: object) -> Mail:
    return Mail.model_validate({"server": "mail.example.org", "sender": "lophoc@example.org", **changes})


def test_a_course_without_a_mail_server_has_no_address(tmp_path: Path) -> None:
    assert mail_url(None, tmp_path) == ""


@pytest.mark.parametrize(("port", "scheme"), [(465, "smtps"), (587, "smtp+starttls"), (25, "smtp+starttls")])
def test_the_port_says_how_tls_begins(port: int, scheme: str, tmp_path: Path) -> None:
    assert mail_url(mail(port=port), tmp_path) == f"{scheme}://mail.example.org:{port}"


def test_user_and_password_are_encoded_whatever_is_in_them(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("a'b/c@d:e\\f\n")
    address = mail_url(mail(user="so@gd", password_file="password"), tmp_path)
    assert address == "smtp+starttls://so%40gd:a%27b%2Fc%40d%3Ae%5Cf@mail.example.org:587"
