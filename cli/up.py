"""up: plan, prepare, provision, configure; the same again changes nothing."""

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from rich.markup import escape

from cli import deployments
from cli.deployments import Standing
from cli.plan import planned
from cli.servers import Size, as_they_are, check_servers
from cli.settings import Settings
from cli.setup.parallel import side_by_side
from cli.setup.pulumi_cli import ensure_pulumi
from lms_stack.calibration import to_yaml
from lms_stack.course import Course, ServersTarget
from lms_stack.engines import ENGINES
from lms_stack.errors import StepFailed, UsageError
from lms_stack.facts import packages
from lms_stack.paths import DeploymentPaths, cache_root
from lms_stack.plan import Plan, Role
from lms_stack.topology import Topology, topology

if TYPE_CHECKING:
    from infra.stack import Provisioned
    from infra.targets import Servers, Target
    from playbooks.artifacts import Artifacts
    from playbooks.runner import ConfigureResult


#: Prometheus probes the site every few seconds; a site that is there is seen well before.
SITE_SECONDS = 90


@dataclass(frozen=True)
class Prepared:
    """What provisioning and configuring need from this machine's cache."""

    pulumi: Path
    image: Path | None
    artifacts: "Artifacts"


def up(settings: Settings) -> tuple[dict[str, Any], str]:
    """Bring a deployment to what its course file says; gives back the document and its text.

    :raises StepFailed: a step failed; run again, it goes on where it was.
    """
    course, plan, sizes = _planned(settings)
    prepared = _prepare(settings, course)
    if not (settings.paths.topology.exists() or settings.paths.calibration.exists()):
        _time_the_cores(settings, course, plan, prepared)
        course, plan, sizes = _planned(settings)
    _tell_of_too_few_cores(settings, plan)
    deployments.save(settings.paths.course, course)
    deployments.save(settings.paths.plan, plan)
    provisioned = _provision(settings, course, plan, prepared)
    stack = _made_concrete(settings, course, plan, provisioned, sizes)
    configured = _configure(settings, stack, provisioned, prepared)
    _wait_for_the_site(settings, stack)
    document = {
        "changed": configured.changed,
        "pulumi": provisioned.changes.model_dump(),
        **site_document(stack),
        "steps": [step.model_dump() for step in settings.progress.steps],
    }
    return document, _text(stack, document)


def _planned(settings: Settings) -> tuple[Course, Plan, dict[str, Size]]:
    """The course, its plan, and what machines that are there already really have; checked before anything changes."""
    with settings.progress.step("plan", "Plan servers and bandwidth"):
        course, plan = planned(settings)
        keep_data(standing_plan(settings.paths), plan)
        return course, plan, _check(settings, course, plan)


def _time_the_cores(settings: Settings, course: Course, plan: Plan, prepared: Prepared) -> None:
    """Let the plan count on cores as fast as these are: some are a third as fast as those of the shipped table."""
    from cli.cores import timed_in_image, timed_on_servers  # noqa: PLC0415

    if prepared.image:
        made = timed_in_image(settings, plan.engine, prepared.image)
    else:
        made = timed_on_servers(settings, plan, cast("Servers", _target(settings, course, plan, None)))
    deployments.write_private(settings.paths.calibration, to_yaml(made))


def _tell_of_too_few_cores(settings: Settings, plan: Plan) -> None:
    for host in plan.hosts:
        if host.wanted:
            settings.progress.note(f"{host.name}: {host.wanted.reason}")


def standing_plan(paths: DeploymentPaths) -> Plan | None:
    """The plan of the deployment that stands, if one does.

    :raises StepFailed: it can't be read; without it nobody can tell whether learners' work would be lost.
    """
    if not paths.topology.exists():
        return None
    try:
        return deployments.load(paths.plan, Plan)
    except StepFailed as error:
        raise StepFailed(
            error.message, hint="use the version of taphuan that made it, or save the data, then `down` and `up`"
        ) from error


def keep_data(before: Plan | None, after: Plan) -> None:
    """Refuse a plan that would take away a host with learners' work on it.

    :raises UsageError: it would; nothing was changed.
    """
    if before and before.target != after.target:
        raise UsageError(
            f"{before.deployment} stands on the target `{before.target}` and the course file now says "
            f"`{after.target}`: its hosts and the data on them don't move",
            hint="give the new one a name of its own with --deployment, or save the data and use `down` first",
        )
    kept = {host.name for host in after.hosts}
    lost = [host.name for host in before.hosts_of(Role.DATABASE) if host.name not in kept] if before else []
    if lost:
        raise UsageError(
            f"the course now needs other hosts, and {', '.join(lost)}, which holds the database, is not among them",
            hint="set `layout:` in the course file to keep the hosts that stand, or save the data and use `down` first",
        )


def _check(settings: Settings, course: Course, plan: Plan) -> dict[str, Size]:
    """See that the target can carry the plan, before anything is prepared or changed.

    :returns: what machines that are there already really have, by name.
    """
    target = _target(settings, course, plan, None)
    target.check()
    return check_servers(plan, cast("Servers", target)) if isinstance(course.target, ServersTarget) else {}


def _prepare(settings: Settings, course: Course) -> Prepared:
    """Get the Pulumi CLI, the guests' image and what is shipped to the hosts, side by side."""
    from infra.lab.image import ensure_image  # noqa: PLC0415 - heavy imports only where they are needed
    from playbooks.artifacts import ensure_artifacts  # noqa: PLC0415

    cache, logs = cache_root(), settings.paths.logs
    with settings.progress.step("prepare", "Prepare Pulumi, the Debian image and the packages to ship") as tell:
        tasks: dict[str, Callable[[], Any]] = {
            "Pulumi CLI": lambda: ensure_pulumi(cache, tell),
            "packages and content": lambda: ensure_artifacts(
                course, settings.course_file.parent, cache, tell, logs / "artifacts.log"
            ),
        }
        if course.target.kind == "lab":
            tasks["Debian image"] = lambda: ensure_image(cache, packages(), tell, logs / "image.log")
        made = side_by_side(tasks, tell)
    return Prepared(made["Pulumi CLI"], made.get("Debian image"), made["packages and content"])


def _target(settings: Settings, course: Course, plan: Plan, image: Path | None) -> "Target":
    from infra.targets import Lab, Servers  # noqa: PLC0415

    if isinstance(course.target, ServersTarget):
        return Servers(plan, settings.paths, course.target, settings.course_file.parent)
    return Lab(plan, settings.paths, image or Path(), _public_key(settings))


def _public_key(settings: Settings) -> str:
    """Our SSH key's public half; the key is made at the first up."""
    identity = settings.paths.identity
    public = identity.with_suffix(".pub")
    if not public.exists() or not public.read_text("utf-8").strip():
        _make_key(identity, public, f"taphuan {settings.paths.name}")
    return public.read_text("utf-8").strip()


def _make_key(identity: Path, public: Path, comment: str) -> None:
    """Make a key pair whole or not at all; the public half comes last, for it tells that the other is there.

    :raises StepFailed: ssh-keygen failed, on a full disk for one.
    """
    part = identity.with_name("new_key")
    for file in (part, part.with_suffix(".pub")):
        file.unlink(missing_ok=True)
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(part)]
    done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise StepFailed(
            f"our SSH key could not be made: {done.stderr.strip()}", hint="put it right and run the same command again"
        )
    part.replace(identity)
    part.with_suffix(".pub").replace(public)


def _provision(settings: Settings, course: Course, plan: Plan, prepared: Prepared) -> "Provisioned":
    from infra.stack import provision  # noqa: PLC0415

    log = settings.paths.logs / "up-pulumi.log"
    with settings.progress.step("provision", "Provision hosts, network and links (Pulumi)") as tell:
        target = _target(settings, course, plan, prepared.image)
        return provision(plan, target, settings.paths, prepared.pulumi, tell, log, raw=settings.progress.raw)


def _made_concrete(
    settings: Settings, course: Course, plan: Plan, provisioned: "Provisioned", sizes: dict[str, Size]
) -> Standing:
    """Write down the topology and what a person needs: pinned keys, the CA's certificate, the first login."""
    paths = settings.paths
    concrete = as_they_are(topology(plan, provisioned.network, provisioned.hosts), sizes)
    deployments.save(paths.topology, concrete)
    deployments.write_private(paths.known_hosts, _known_hosts(concrete))
    deployments.write_private(paths.ca_certificate, provisioned.secrets["ca_certificate"])
    deployments.write_private(paths.first_login, provisioned.secrets["account_passwords"])
    return Standing(paths=paths, course=course, plan=plan, topology=concrete)


def _known_hosts(concrete: Topology) -> str:
    return "".join(
        f"{host.address if host.ssh_port == 22 else f'[{host.address}]:{host.ssh_port}'} {host.host_key}\n"
        for host in concrete.hosts
    )


def _configure(
    settings: Settings, stack: Standing, provisioned: "Provisioned", prepared: Prepared
) -> "ConfigureResult":
    from monitoring.build import build_files  # noqa: PLC0415
    from playbooks.mail import mail_url  # noqa: PLC0415
    from playbooks.runner import ConfigureInputs, configure  # noqa: PLC0415

    inputs = ConfigureInputs(
        topology=stack.topology,
        plan=stack.plan,
        secrets=provisioned.secrets,
        deployment=stack.paths,
        artifacts=prepared.artifacts,
        monitoring_files=build_files(stack.topology, stack.course.objectives),
        mail_url=mail_url(stack.course.mail, settings.course_file.parent),
        mail_sender=stack.course.mail.sender if stack.course.mail else "",
    )
    with settings.progress.step("configure", "Configure the stack and load the course (Ansible)") as tell:
        return configure(inputs, log=stack.paths.logs / "up-ansible.log", tell=tell, raw=settings.progress.raw)


def _wait_for_the_site(settings: Settings, stack: Standing) -> None:
    """Up is done when the monitor, too, has seen the site answer.

    :raises StepFailed: it hasn't in time.
    """
    from monitoring.prometheus import Prometheus  # noqa: PLC0415
    from monitoring.status import status  # noqa: PLC0415

    prometheus = Prometheus(stack.topology.url("prometheus"))
    deadline = time.monotonic() + SITE_SECONDS
    with settings.progress.step("site", "Wait until the monitor sees the site answer"):
        while not status(prometheus, stack.topology).site_up:
            if time.monotonic() > deadline:
                raise StepFailed(
                    f"the monitor didn't see {stack.topology.url('https')} answer in {SITE_SECONDS} s",
                    hint=f"`./taphuan status {settings.course_file}` tells what it sees",
                )
            time.sleep(1)


def site_document(stack: Standing) -> dict[str, Any]:
    """Where the site and Prometheus are, and where the first login is kept."""
    organiser = ENGINES[stack.plan.engine].organiser
    return {
        "site": {
            "url": stack.topology.url("https"),
            "domain": stack.topology.domain,
            "ca_certificate": str(stack.paths.ca_certificate),
            "login": {"username": organiser, "password_file": str(stack.paths.first_login)},
        },
        "prometheus": {"url": stack.topology.url("prometheus")},
    }


def _text(stack: Standing, document: dict[str, Any]) -> str:
    from cli.progress import stdout_is_terminal  # noqa: PLC0415

    pulumi = document["pulumi"]
    touched = pulumi["create"] + pulumi["update"] + pulumi["delete"]
    same = "nothing had to change" if not touched and not document["changed"] else ""
    changes = same or f"{touched} resources and {document['changed']} settings changed"
    login = document["site"]["login"]
    password = deployments.first_login(stack.paths).get(login["username"], "")
    shown = f"password {password}" if stdout_is_terminal() else f"password in {login['password_file']}"
    return "\n".join(
        (
            f"[bold green]{stack.paths.name} is up[/bold green]: {changes}",
            f"Site:        {document['site']['url']}  (CA certificate: {escape(document['site']['ca_certificate'])})",
            f"First login: {login['username']}, {escape(shown)}",
            f"Prometheus:  {document['prometheus']['url']}",
        )
    )
