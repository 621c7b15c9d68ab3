"""How passwords are kept."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2idHasher(Argon2PasswordHasher):
    """Argon2id with the least cost that OWASP's Password Storage Cheat Sheet allows: 19 MiB, two passes, one lane.

    An exam begins with hundreds of sign-ins within minutes, so a dearer setting would be paid in servers.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
