"""Where a deployment's state and the shared cache live; computed only, nothing is touched."""

import os
from collections.abc import Mapping
from pathlib import Path

from lms_stack.folders import cache_root, state_root
from lms_stack.units import Frozen

__all__ = ["DeploymentPaths", "cache_root", "state_root"]

#: The forecast ledger, in the folder of all deployments: forecasts outlive the stack that they were of.
LEDGER = "ledger.jsonl"

#: How the folder of a measurement is named, by its time in UTC.
MEASURED_AT = "%Y%m%dT%H%M%SZ"


class DeploymentPaths(Frozen):
    """The files of one deployment, all below one folder of mode 0700."""

    root: Path

    @classmethod
    def of(cls, deployment: str, environment: Mapping[str, str] = os.environ) -> "DeploymentPaths":
        """The paths of a deployment by its name."""
        return cls(root=state_root(environment) / deployment)

    @property
    def name(self) -> str:
        """The deployment's name."""
        return self.root.name

    @property
    def course(self) -> Path:
        """The course as it was read, as JSON."""
        return self.root / "course.json"

    @property
    def plan(self) -> Path:
        """The plan that stands, as JSON."""
        return self.root / "plan.json"

    @property
    def topology(self) -> Path:
        """The topology that stands, as JSON."""
        return self.root / "topology.json"

    @property
    def pulumi(self) -> Path:
        """Pulumi's file backend."""
        return self.root / "pulumi"

    @property
    def passphrase(self) -> Path:
        """The passphrase of Pulumi's secrets provider, mode 0600."""
        return self.root / "passphrase"

    @property
    def identity(self) -> Path:
        """Our SSH client key, mode 0600."""
        return self.root / "ssh" / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        """The pinned host keys, in OpenSSH's format."""
        return self.root / "ssh" / "known_hosts"

    @property
    def ca_certificate(self) -> Path:
        """The public certificate of the deployment's own CA."""
        return self.root / "ca" / "ca.crt"

    @property
    def guests(self) -> Path:
        """The overlays of lab guests."""
        return self.root / "guests"

    @property
    def logs(self) -> Path:
        """Full logs, one file for each step."""
        return self.root / "logs"

    @property
    def calibration(self) -> Path:
        """What the stack's own short loads said of its service demands."""
        return self.root / "calibration.yaml"

    @property
    def activity(self) -> Path:
        """What the course's own days said of how many study at once."""
        return self.root / "activity.yaml"

    @property
    def measurements(self) -> Path:
        """One folder for each verify."""
        return self.root / "measurements"

    @property
    def first_login(self) -> Path:
        """The accounts that are made first and their passwords, mode 0600."""
        return self.root / "first-login.json"

    @property
    def ready(self) -> Path:
        """The certificate of the last verify that fitted, as JSON."""
        return self.root / "ready.json"

    @property
    def ready_page(self) -> Path:
        """The certificate as a page to be printed and filed."""
        return self.root / "ready.html"

    @property
    def ready_key(self) -> Path:
        """The private key that signs certificates, mode 0600."""
        return self.root / "ready.key"

    @property
    def lock(self) -> Path:
        """Held by a running command."""
        return self.root / "lock"
