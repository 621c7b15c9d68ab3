"""The code that an authenticator shows for an account of the load test's staff."""

import hmac
import struct
import time

#: As RFC 6238 has it, and everybody's authenticator: a code of six digits is good for thirty seconds.
PERIOD, DIGITS = 30, 6


def code(username: str, password: str, now: float | None = None) -> str:
    """The code of this moment; the secret is made from name and password as the engine makes it."""
    secret = hmac.digest(password.encode(), f"totp {username}".encode(), "sha1")
    counter = struct.pack(">Q", int(time.time() if now is None else now) // PERIOD)
    digest = hmac.digest(secret, counter, "sha1")
    at = digest[-1] & 0x0F
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 10**DIGITS:0{DIGITS}}"
