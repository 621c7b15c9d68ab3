"""The certificate of a `fits`: "ready for N learners until DATE", what it is bound to, and what makes it void.

Signed with an Ed25519 key of the deployment (RFC 8032), so that one that was changed, or made elsewhere, tells.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from lms_stack.plan import Plan
from lms_stack.units import Frozen


class Versions(Frozen):
    """What one host runs: the LMS's release, and the Debian packages of its roles with their versions."""

    host: str
    release: str
    packages: dict[str, str]


class Evidence(Frozen):
    """The measurement a certificate rests on: its folder, the hash of its file, and what it saw, in 1/s and seconds."""

    folder: str
    sha256: str
    requests_per_second: float
    slowest_page_p95: float
    allowed_page_p95: float
    failed_share: float


class Certificate(Frozen):
    """What is certified. Every field is covered by the signature."""

    version: Literal[1] = 1
    deployment: str
    course: str
    organiser: str
    learners: int
    issued: datetime
    until: date
    plan: str
    stack: tuple[Versions, ...]
    evidence: Evidence

    @property
    def signed_bytes(self) -> bytes:
        """What is signed: the fields as JSON with sorted keys and no spaces, in UTF-8."""
        plain = self.model_dump(mode="json")
        return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class Signed(Frozen):
    """A certificate with the public key (32 bytes) and the signature (64 bytes), both as base64."""

    certificate: Certificate
    public_key: str
    signature: str

    @property
    def fingerprint(self) -> str:
        """The first 16 bytes of the public key's SHA-256 in groups of four hex digits, to be compared with paper."""
        digest = sha256(self.public_key.encode()).hexdigest()[:32]
        return " ".join(digest[at : at + 4] for at in range(0, 32, 4))


class Present(Frozen):
    """How things are now, to hold a certificate against. None is what isn't there or can't be asked."""

    today: date
    public_key: str | None
    standing_plan: str | None
    course_plan: str
    stack: tuple[Versions, ...] | None
    measurement: str | None
    misfit: str | None


class Void(Frozen):
    """Why a certificate holds no longer, in both languages, and what was seen."""

    vi: str
    en: str
    evidence: str


def plan_hash(plan: Plan) -> str:
    """What tells one plan from every other: SHA-256 in hex of what is built and of the demand that it is built for.

    Reasons, predictions and the outlook are left out: a better-worded reason or another price builds nothing else.
    """
    built = _without_reasons(plan.model_dump(mode="json", exclude={"outlook", "predicted"}))
    return sha256(json.dumps(built, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _without_reasons(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_reasons(each) for name, each in value.items() if name != "reason"}
    return [_without_reasons(each) for each in value] if isinstance(value, list) else value


def new_key() -> str:
    """A private key as PEM."""
    private = Ed25519PrivateKey.generate()
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_key(pem: str) -> str:
    """The public half of a private key, as base64.

    :raises ValueError: not an Ed25519 key.
    """
    return b64encode(_private(pem).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def sign(certificate: Certificate, pem: str) -> Signed:
    """Sign a certificate with a private key.

    :raises ValueError: not an Ed25519 key.
    """
    signature = _private(pem).sign(certificate.signed_bytes)
    return Signed(certificate=certificate, public_key=public_key(pem), signature=b64encode(signature).decode())


def _private(pem: str) -> Ed25519PrivateKey:
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("expected an Ed25519 key")
    return key


def voids(signed: Signed, now: Present) -> Iterator[Void]:
    """Everything that makes a certificate void; nothing where it holds."""
    certificate = signed.certificate
    yield from _unsigned(signed, now)
    if now.today > certificate.until:
        yield Void(vi="đã hết hạn", en="it has expired", evidence=f"{certificate.until:%d/%m/%Y}")
    yield from _plan_changed(certificate, now)
    yield from _upgraded(certificate, now)
    yield from _measurement_changed(certificate, now)


def _unsigned(signed: Signed, now: Present) -> Iterator[Void]:
    if not _verifies(signed):
        yield Void(
            vi="chữ ký không khớp nội dung",
            en="its signature does not match its content",
            evidence="the certificate was changed after it was signed",
        )
    if signed.public_key != now.public_key:
        evidence = "the deployment has another key" if now.public_key else "the deployment's key is not there"
        yield Void(vi="không do hệ thống này ký", en="it was not signed by this deployment", evidence=evidence)


def _verifies(signed: Signed) -> bool:
    try:
        public = Ed25519PublicKey.from_public_bytes(b64decode(signed.public_key, validate=True))
        public.verify(b64decode(signed.signature, validate=True), signed.certificate.signed_bytes)
    except (InvalidSignature, ValueError):
        return False
    return True


def _plan_changed(certificate: Certificate, now: Present) -> Iterator[Void]:
    if now.standing_plan is None:
        yield Void(vi="hệ thống không còn chạy", en="the stack is not up any more", evidence="no plan stands")
    elif now.standing_plan != certificate.plan:
        evidence = f"plan {now.standing_plan[:12]} stands, {certificate.plan[:12]} was measured"
        yield Void(vi="hệ thống đã dựng theo kế hoạch khác", en="another plan was built since", evidence=evidence)
    if now.course_plan != certificate.plan:
        evidence = f"the course file asks for plan {now.course_plan[:12]}, {certificate.plan[:12]} was measured"
        yield Void(vi="tệp khóa học cần kế hoạch khác", en="the course now needs another plan", evidence=evidence)


def _upgraded(certificate: Certificate, now: Present) -> Iterator[Void]:
    if now.stack is None:
        if now.standing_plan is not None:
            yield Void(
                vi="không hỏi được phiên bản đang chạy",
                en="the hosts can't be asked what they run",
                evidence="a host does not answer",
            )
        return
    for evidence in _differences(certificate.stack, now.stack):
        yield Void(vi="phần mềm đã thay đổi", en="the software was changed", evidence=evidence)


def _differences(before: tuple[Versions, ...], after: tuple[Versions, ...]) -> Iterator[str]:
    """One line for each package, release or host that isn't what it was."""
    old, new = _flat(before), _flat(after)
    for host, name in sorted(old.keys() | new.keys()):
        was, is_now = old.get((host, name), "not there"), new.get((host, name), "not there")
        if was != is_now:
            yield f"{host}: {name} {was} → {is_now}"


def _flat(stack: tuple[Versions, ...]) -> Mapping[tuple[str, str], str]:
    packages = {(each.host, name): version for each in stack for name, version in each.packages.items()}
    return packages | {(each.host, "release"): each.release for each in stack if each.release}


def _measurement_changed(certificate: Certificate, now: Present) -> Iterator[Void]:
    folder = certificate.evidence.folder
    if now.measurement is None:
        yield Void(vi="không còn kết quả đo", en="its measurement is not there any more", evidence=folder)
    elif now.measurement != certificate.evidence.sha256:
        evidence = f"{folder}: SHA-256 {now.measurement[:12]}, signed {certificate.evidence.sha256[:12]}"
        yield Void(vi="kết quả đo đã bị sửa", en="its measurement was changed", evidence=evidence)
    if now.misfit is not None:
        yield Void(vi="lần đo sau không đạt", en="a later verify did not fit", evidence=now.misfit)
