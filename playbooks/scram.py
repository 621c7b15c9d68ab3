"""SCRAM-SHA-256 verifiers, so that PostgreSQL and pgbouncer never hold a password itself (RFC 5803)."""

from base64 import b64encode
from hashlib import pbkdf2_hmac, sha256
from hmac import digest

#: PostgreSQL's own default, `scram_iterations`.
ITERATIONS = 4096


def verifier(user: str, password: str) -> str:
    """What PostgreSQL stores for a password.

    The salt comes from the password itself, so that the same password gives the same verifier and a second run
    changes nothing. Passwords here are random tokens of 256 bits: a known salt helps nobody to guess one.
    """
    return encoded(password, digest(password.encode(), f"taphuan scram salt {user}".encode(), "sha256")[:16])


def encoded(password: str, salt: bytes) -> str:
    """A password's verifier for a given salt, in PostgreSQL's form."""
    salted = pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    stored = sha256(digest(salted, b"Client Key", "sha256")).digest()
    server = digest(salted, b"Server Key", "sha256")
    return f"SCRAM-SHA-256${ITERATIONS}:{_text(salt)}${_text(stored)}:{_text(server)}"


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()
