"""The certificate of a `fits` as a page of paper for the director's files."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from lms_stack.readiness import Signed
from lms_stack.units import show


def ready_page(signed: Signed) -> str:
    """One page, A4, Vietnamese first, that needs nothing else."""
    evidence = signed.certificate.evidence
    seen = {
        "rate": show(evidence.requests_per_second, "1/s"),
        "p95": show(evidence.slowest_page_p95, "s"),
        "allowed": show(evidence.allowed_page_p95, "s"),
        "failed": show(evidence.failed_share, "share"),
    }
    return _environment().get_template("ready.html.j2").render(signed=signed, certificate=signed.certificate, seen=seen)


@cache
def _environment() -> Environment:
    return Environment(loader=PackageLoader("loadtests"), autoescape=True, undefined=StrictUndefined)
