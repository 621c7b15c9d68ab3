"""The servers target: machines that are there already, reached over SSH. Nothing on them is changed here."""

import socket
from dataclasses import dataclass
from typing import Any

import paramiko

#: An RSA key signs by SHA-2 today; the name of the key's kind itself stands for SHA-1, which servers refuse.
_SIGNATURES = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}


@dataclass(frozen=True)
class ServerArgs:
    """One machine and the only key it may answer with."""

    name: str
    address: str
    port: int
    user: str
    host_key: str


def check_server(args: ServerArgs) -> dict[str, Any]:
    """Ask a machine for its host key, without logging in, and compare it with the pinned one.

    Only the key exchange happens here; commands on hosts go through runbooks/ alone.

    :raises ConnectionError: the machine doesn't answer, or answers with another key.
    """
    kind, wanted = args.host_key.split()[:2]
    try:
        with socket.create_connection((args.address, args.port), timeout=10) as connection:
            shown = _key_of(connection, kind)
    except (OSError, paramiko.SSHException) as error:
        raise ConnectionError(f"{args.name} ({args.address}:{args.port}) doesn't answer on SSH: {error}") from error
    if shown != wanted:
        raise ConnectionError(
            f"{args.name} ({args.address}:{args.port}) answered with another host key than the pinned one: "
            "either the file names the wrong key or somebody is in between; nothing was changed"
        )
    return {}


def answers(args: ServerArgs) -> bool:
    """Whether a machine still answers, with the pinned key."""
    try:
        check_server(args)
    except ConnectionError:
        return False
    return True


def _key_of(connection: socket.socket, kind: str) -> str:
    transport = paramiko.Transport(connection)
    try:
        transport.get_security_options().key_types = _SIGNATURES.get(kind, (kind,))
        transport.start_client(timeout=10)
        return transport.get_remote_server_key().get_base64()
    finally:
        transport.close()
