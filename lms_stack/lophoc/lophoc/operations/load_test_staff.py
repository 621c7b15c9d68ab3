"""The load test's own organisers and builders: with a second factor like all staff, and rights over nothing real.

They hold their role on the whole site, for that is how the pages they load ask for it; but of a course an organiser has
only the pages that are played, for the load test's classes alone (classes/access.py), and of other courses none. They
are there only while a load test is.
"""

import hmac
from base64 import b32encode
from collections.abc import Sequence

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP

from lophoc.accounts.models import User
from lophoc.accounts.rights import Role, assign
from lophoc.classes.models import Class

#: How the accounts of a role are named, and how many there are.
STAFF = {Role.ORGANISER: ("thutai-tc-{:02}", 2), Role.BUILDER: ("thutai-xd-{:02}", 2)}


def names() -> list[str]:
    """The accounts' names."""
    return [pattern.format(number) for pattern, count in STAFF.values() for number in range(1, count + 1)]


def secret_of(username: str, password: str) -> str:
    """The secret of an account's second factor (RFC 6238), which the load generator makes from the same two.

    So nothing but the password, random and new with each deployment, has to be handed over.
    """
    return b32encode(hmac.digest(password.encode(), f"totp {username}".encode(), "sha1")).decode()


def equip(users: dict[str, User], classes: Sequence[Class], password: str) -> None:
    """Give the accounts their roles and second factors, and the organisers the load test's classes to look after."""
    Authenticator.objects.filter(user__in=[users[name] for name in names()]).delete()
    for role, (pattern, count) in STAFF.items():
        for user in (users[pattern.format(number)] for number in range(1, count + 1)):
            assign(user, [role])
            TOTP.activate(user, secret_of(user.username, password))
            if role is Role.ORGANISER:
                looked_after = [Class.advisers.through(class_id=each.pk, user_id=user.pk) for each in classes]
                Class.advisers.through.objects.bulk_create(looked_after, ignore_conflicts=True, batch_size=1000)


def told() -> dict[str, object]:
    """What the load plan needs to know of them."""
    return {
        f"{role}{what}": value
        for role, (pattern, count) in STAFF.items()
        for what, value in (("s", count), ("_pattern", pattern))
    }
