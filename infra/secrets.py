"""The secrets of a deployment: made once, kept only in Pulumi's encrypted configuration."""

import json
from collections.abc import Mapping
from secrets import token_urlsafe

from infra import certificates

#: Accounts that are there from the start, one for each kind of person.
FIRST_ACCOUNTS = ("quantri", "giangvien", "hocvien")

_RANDOM = (
    "database_password",
    "django_secret_key",
    "media_secret",
    "cache_password",
    "loadtest_password",
    "exporter_password",
)


def completed(held: Mapping[str, str], deployment: str, domain: str, addresses: list[str]) -> dict[str, str]:
    """All secrets: those already held, and new ones for what is missing or about to run out.

    :param addresses: the edge's addresses, which the site's certificate names beside its domain.
    """
    secrets = dict(held)
    for name in _RANDOM:
        secrets.setdefault(name, token_urlsafe(32))
    secrets.setdefault("account_passwords", json.dumps({name: token_urlsafe(12) for name in FIRST_ACCOUNTS}))
    for name in ("ca_key", "site_key"):
        secrets.setdefault(name, certificates.new_key())
    secrets.setdefault("ca_certificate", certificates.authority(deployment, secrets["ca_key"]))
    if "site_certificate" not in secrets or not certificates.is_good(secrets["site_certificate"], domain, addresses):
        secrets["site_certificate"] = certificates.site(
            domain, addresses, secrets["site_key"], secrets["ca_certificate"], secrets["ca_key"]
        )
    return secrets
