"""A deployment's own certificate authority and its site's certificate, made here with the cryptography library."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CA_DAYS = 3650
#: Browsers refuse longer ones (CA/Browser Forum baseline requirements allow 398 days until 2026).
SITE_DAYS = 365
RENEW_DAYS = 30


def new_key() -> str:
    """A P-256 private key as PEM: ECDSA costs the server less CPU than RSA."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _loaded(pem: str) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("expected an elliptic-curve key")
    return key


def _builder(subject: str, issuer: str, days: int) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
    )


def authority(deployment: str, key_pem: str) -> str:
    """The CA's own certificate, as PEM."""
    key = _loaded(key_pem)
    name = f"taphuan {deployment} CA"
    builder = _builder(name, name, CA_DAYS).public_key(key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM).decode()


def site(domain: str, addresses: list[str], key_pem: str, ca_pem: str, ca_key_pem: str) -> str:
    """A site's certificate for its name and addresses, signed by the CA, as PEM."""
    key, ca = _loaded(key_pem), x509.load_pem_x509_certificate(ca_pem.encode())
    issuer = str(ca.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
    names = [x509.DNSName(domain), *(x509.IPAddress(ip_address(address)) for address in addresses)]
    authority_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(_loaded(ca_key_pem).public_key())
    builder = _builder(domain, issuer, SITE_DAYS).public_key(key.public_key())
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    builder = builder.add_extension(authority_key, critical=False)
    return builder.sign(_loaded(ca_key_pem), SHA256()).public_bytes(Encoding.PEM).decode()


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def is_good(certificate_pem: str, domain: str, addresses: list[str]) -> bool:
    """Whether a site's certificate still has a month and names just this site."""
    certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    held = {*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))}
    left = certificate.not_valid_after_utc - datetime.now(UTC)
    return held == {domain, *addresses} and left > timedelta(days=RENEW_DAYS)
