"""What the toolkit must know of each LMS, as data: nothing outside an engine knows which one it runs."""

from shlex import quote

from lms_stack.units import Frozen


class Engine(Frozen):
    """One LMS: the commands of its application hosts (run as root there) and the account a person logs in with."""

    name: str
    manage: str
    organiser: str
    #: The link to the release that an application host runs; a release's folder is named by the hash of its wheels.
    release: str

    def prepare_load_test(self, course: str, learners: int, instructors: int) -> str:
        """Make the load test's own class and accounts; the accounts' password comes on stdin.

        The command prints one JSON line: what there is to play, for the load plan.
        """
        return (
            f"{self.manage} prepare_load_test --course {quote(course)} --learners {learners} "
            f"--instructors {instructors} --password-file -"
        )

    def purge_load_test(self) -> str:
        """Remove all that a load test made: accounts, posts, attempts, files."""
        return f"{self.manage} purge_load_test"


ENGINES = {
    "lophoc": Engine(
        name="lophoc", manage="/usr/local/bin/lophoc-manage", organiser="quantri", release="/opt/lophoc/current"
    )
}
