"""What the playbooks are given, typed: nothing in the roles comes from anywhere else."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from lms_stack.paths import DeploymentPaths
from lms_stack.plan import Plan
from lms_stack.topology import Topology
from lms_stack.units import Frozen


class Parcel(Frozen):
    """Something that is built here and shipped: one archive, and the hash of what went into it."""

    archive: Path
    hash: str


class Artifacts(Frozen):
    """All that is built on this machine and shipped to the hosts.

    `app`, `loadgen`: wheels of the application and of the load generator, each with its lock file.
    `content`: the course as data (course.json and its small files); `media`: slides and lectures, served by the edge.
    `journeys`: the load test's own code. `exporter`: the files of the exporter that runs on every host, by their place
    there.
    """

    app: Parcel
    loadgen: Parcel
    content: Parcel
    media: Parcel
    journeys: Parcel
    exporter: Mapping[str, Path]


class ConfigureInputs(Frozen):
    """All that configuring a stack needs.

    `monitoring_files`: path relative to /etc/prometheus -> content (prometheus.yml, rules/*.yml, alertmanager.yml,
    blackbox.yml), rendered by monitoring/.
    `mail_url`, `mail_sender`: where letters go out, with its password, and who they are from; empty where they wait.
    """

    topology: Topology
    plan: Plan
    secrets: Mapping[str, str]
    deployment: DeploymentPaths
    artifacts: Artifacts
    monitoring_files: Mapping[str, str]
    mail_url: str = Field(default="", repr=False)
    mail_sender: str = ""
