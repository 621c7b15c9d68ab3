"""Inputs of the playbooks for tests: the demo's plan on a made-up topology, made-up secrets and parcels."""

from pathlib import Path

from lms_stack.course_file import read_course
from lms_stack.demand import demand
from lms_stack.paths import DeploymentPaths
from lms_stack.plan import Plan
from lms_stack.sizing import plan
from lms_stack.topology import Topology
from playbooks.inputs import Artifacts, ConfigureInputs, Parcel

ROOT = Path(__file__).parent.parent.parent
SECRETS = {
    name: f"{name}-of-a-test"
    for name in (
        "database_password",
        "django_secret_key",
        "media_secret",
        "cache_password",
        "ca_certificate",
        "site_certificate",
        "site_key",
        "account_passwords",
        "loadtest_password",
        "exporter_password",
    )
}


def demo_plan() -> Plan:
    """The plan of the demo course; its hosts are not the topology's, its pools are what counts here."""
    course = read_course(ROOT / "courses" / "demo.yaml")
    return plan(course, demand(course))


def inputs(topology: Topology) -> ConfigureInputs:
    """What `configure` would be given for this topology."""

    def parcel(name: str) -> Parcel:
        return Parcel(archive=Path(f"/cache/{name}.tar"), hash=f"hash-of-{name}")

    return ConfigureInputs(
        topology=topology,
        plan=demo_plan(),
        secrets=SECRETS,
        deployment=DeploymentPaths(root=Path("/state/demo")),
        artifacts=Artifacts(
            app=parcel("app"),
            loadgen=parcel("loadgen"),
            content=parcel("content"),
            media=parcel("media"),
            journeys=parcel("journeys"),
            exporter={"exporter.py": Path("/checkout/exporter.py")},
        ),
        monitoring_files={
            "prometheus.yml": "scrape_configs: []\n",
            "rules/alerts.yml": "groups: []  # {{ $labels.host }}\n",
            "alertmanager.yml": "route: {}\n",
            "blackbox.yml": "modules: {}\n",
        },
    )
