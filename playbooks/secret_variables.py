"""The secret half of the variables document: what only a file of mode 0600 and tasks with `no_log` may hold."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from lms_stack.plan import Role
from lms_stack.topology import Topology
from playbooks.inputs import ConfigureInputs
from playbooks.scram import verifier
from playbooks.variables import APPLICATION, PATHS

#: The valkey user that the exporter logs in as.
EXPORTER = "exporter"


def secret_variables(inputs: ConfigureInputs) -> dict[str, Any]:
    """Every variable that holds a secret, the same for all hosts.

    :raises KeyError: a secret that the roles need was not made.
    """
    secrets = inputs.secrets
    return {
        "base_ca_certificate": secrets["ca_certificate"],
        "edge_certificate": secrets["site_certificate"] + secrets["ca_certificate"],
        "edge_key": secrets["site_key"],
        "edge_media_secret": secrets["media_secret"],
        "edge_store_token": store_token(secrets),
        "app_environment": environment_lines(environment(inputs.topology, secrets) | mail(inputs)),
        "app_initial_passwords": secrets["account_passwords"],
        "database_verifier": verifier(APPLICATION, secrets["database_password"]),
        "cache_password_hash": _hash(secrets["cache_password"]),
        "cache_exporter_user": EXPORTER,
        "cache_exporter_password": secrets["exporter_password"],
        "cache_exporter_password_hash": _hash(secrets["exporter_password"]),
    }


def environment(topology: Topology, secrets: Mapping[str, str]) -> dict[str, str]:
    """What lophoc reads from its environment."""
    database, cache = topology.endpoints("pgbouncer")[0], topology.endpoints("valkey")[0]
    password = quote(secrets["database_password"], safe="")
    return {
        "LOPHOC_SECRET_KEY": secrets["django_secret_key"],
        "LOPHOC_MEDIA_SECRET": secrets["media_secret"],
        "LOPHOC_DATABASE_URL": f"postgres://{APPLICATION}:{password}@{database.target}/{APPLICATION}",
        "LOPHOC_CACHE_URL": f"redis://:{quote(secrets['cache_password'], safe='')}@{cache.target}/0",
        "LOPHOC_URL": topology.url("https").rstrip("/"),
        "LOPHOC_ALLOWED_HOSTS": ",".join(allowed_hosts(topology)),
        "LOPHOC_MEDIA_STORE": f"http://:{store_token(secrets)}@{topology.endpoints('media-store')[0].target}/",
        "LOPHOC_STATIC_ROOT": PATHS["static"],
        "LOPHOC_INITIAL_PASSWORDS": f"{PATHS['settings']}/initial-passwords.json",
    }


def store_token(secrets: Mapping[str, str]) -> str:
    """What the application shows the media store: made from the secret that both sides have, and not to be got back."""
    return _hash(f"media-store {secrets['media_secret']}")


def mail(inputs: ConfigureInputs) -> dict[str, str]:
    """Where letters go out; nothing where they wait in the queue."""
    if not inputs.mail_url:
        return {}
    return {"LOPHOC_EMAIL_URL": inputs.mail_url, "LOPHOC_EMAIL_FROM": inputs.mail_sender}


def allowed_hosts(topology: Topology) -> list[str]:
    """The names and addresses that a request may be for: the site's, the edge's, and the app's own for its probes."""
    hosts = (*topology.hosts_of(Role.EDGE), *topology.hosts_of(Role.APP))
    return [topology.domain, *dict.fromkeys(host.address for host in hosts), "localhost", "127.0.0.1"]


def environment_lines(variables: Mapping[str, str]) -> str:
    """A file that systemd and a shell read alike.

    :raises ValueError: a value that can't be quoted for both.
    """
    for name, value in variables.items():
        if set(value) & set("'\\\n"):
            raise ValueError(f"{name} holds a quote, a backslash or a line break")
    return "".join(f"{name}='{value}'\n" for name, value in variables.items())


def _hash(password: str) -> str:
    return sha256(password.encode()).hexdigest()
