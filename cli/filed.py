"""What verify files of a measurement: the report with all that stands beside it, and the certificate of a `fits`."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.deployments import Standing
from cli.ready import certify, renewal_document
from cli.settings import Settings
from lms_stack.demand import Demand
from lms_stack.errors import StepFailed
from lms_stack.measurement import Measurement
from lms_stack.paths import MEASURED_AT
from lms_stack.readiness import Signed
from lms_stack.remote import Remote
from lms_stack.validity import Renewal, renewal
from lms_stack.verdict import Verdict
from monitoring.edge_log import edge_times
from monitoring.links import graph_link, report_queries

if TYPE_CHECKING:
    from lms_stack.edge_times import EdgeTimes


@dataclass(frozen=True)
class Filed:
    """A measurement's folder, and the certificate that it was worth or why there is none."""

    folder: Path
    certificate: Signed | None
    refused: str
    renewal: Renewal | None = None

    @property
    def ready(self) -> dict[str, Any]:
        """What verify says of it."""
        if self.certificate is None:
            return {"certificate": None, "renewal": None, "text": f"no certificate: {self.refused}"}
        held = self.certificate.certificate
        text = f"for {held.learners:,} learners until {held.until:%d/%m/%Y}: {self.folder / 'ready.html'}"
        return {
            "certificate": str(self.folder / "ready.json"),
            "renewal": renewal_document(self.renewal),
            "text": f"{text}; but {self.renewal.en}" if self.renewal else text,
        }


def filed(
    settings: Settings, stack: Standing, wanted: Demand, measured: Measurement, judged: Verdict, remote: Remote
) -> Filed:
    """Write a measurement's folder: what was measured, the report, and a certificate where it is worth one.

    A certificate and the edge's log are extras: a host that doesn't answer any more costs them, not the report.
    """
    from loadtests.aside import Aside  # noqa: PLC0415 - templates and charts take a while to load
    from loadtests.comparison import last_run  # noqa: PLC0415
    from loadtests.report import write_measurement, write_report  # noqa: PLC0415

    load = measured.load
    with settings.progress.step("report", "Write the report"):
        folder = stack.paths.measurements / datetime.now(UTC).strftime(MEASURED_AT)
        folder.mkdir(parents=True, mode=0o700)
        write_measurement(folder, measured)
        edge, trouble = _edge(stack, measured, remote)
        certificate, refused = _certificate(stack, measured, judged, folder, remote)
        renew = renewal(stack.course, certificate.certificate.until) if certificate else None
        prometheus = stack.topology.url("prometheus")
        aside = Aside(
            link=partial(graph_link, prometheus, started=load.hold_started, ended=load.hold_ended),
            queries=report_queries(load.hold_started, load.hold_ended, [each.request_class for each in load.classes]),
            edge=edge,
            edge_trouble=trouble,
            last=last_run(stack.paths.measurements, measured.what_if, before=folder.name),
            certificate=certificate,
            renewal=renew,
        )
        write_report(folder, stack.course, stack.plan, wanted, measured, judged, aside)
    return Filed(folder, certificate, refused, renew)


def _edge(stack: Standing, measured: Measurement, remote: Remote) -> tuple[tuple["EdgeTimes", ...], str]:
    try:
        return edge_times(remote, stack.topology, measured.load.hold_started, measured.load.hold_ended), ""
    except StepFailed as error:
        return (), error.message


def _certificate(
    stack: Standing, measured: Measurement, judged: Verdict, folder: Path, remote: Remote
) -> tuple[Signed | None, str]:
    try:
        return certify(stack, measured, judged, folder, remote)
    except StepFailed as error:
        return None, error.message
