"""The certificate of a `fits` as a page of paper for the director's files."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from lms_stack.readiness import Signed
from lms_stack.units import show
from lms_stack.validity import Renewal


def ready_page(signed: Signed, renew: Renewal | None = None) -> str:
    """One page, A4, Vietnamese first, that needs nothing else.

    :param renew: what to warn of where the certificate ends before the course does.
    """
    evidence = signed.certificate.evidence
    seen = {
        "rate": show(evidence.requests_per_second, "1/s"),
        "p95": show(evidence.slowest_page_p95, "s"),
        "allowed": show(evidence.allowed_page_p95, "s"),
        "failed": show(evidence.failed_share, "share"),
    }
    template = _environment().get_template("ready.html.j2")
    return template.render(signed=signed, certificate=signed.certificate, seen=seen, renew=renew)


@cache
def _environment() -> Environment:
    return Environment(loader=PackageLoader("loadtests"), autoescape=True, undefined=StrictUndefined)
