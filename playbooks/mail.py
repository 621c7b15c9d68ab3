"""The mail server of a course file as one address, with its password."""

from pathlib import Path
from urllib.parse import quote

from lms_stack.course import Mail

#: Speaks TLS from the first byte (RFC 8314); every other port turns to it by STARTTLS.
IMPLICIT_TLS = 465


def mail_url(mail: Mail | None, folder: Path) -> str:
    """What lophoc reads as LOPHOC_EMAIL_URL; empty where no mail server is named.

    :param folder: the course file's, which the password file's name is relative to.
    :raises OSError: the password file can't be read.
    """
    if mail is None:
        return ""
    password = (folder / mail.password_file).read_text("utf-8").strip() if mail.password_file else ""
    login = f"{quote(mail.user, safe='')}:{quote(password, safe='')}@" if mail.user else ""
    scheme = "smtps" if mail.port == IMPLICIT_TLS else "smtp+starttls"
    return f"{scheme}://{login}{mail.server}:{mail.port}"
