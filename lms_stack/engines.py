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
    #: For drills: the application's unit, the variable that tells it how many requests it works on at once, the folder
    #: of learners' uploads on the edge's host, its database and a table of it that every page reads.
    unit: str
    workers: str
    uploads: str
    database: str
    busy_table: str

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
        name="lophoc",
        manage="/usr/local/bin/lophoc-manage",
        organiser="quantri",
        release="/opt/lophoc/current",
        unit="lophoc.service",
        workers="LOPHOC_WORKERS",
        uploads="/srv/lophoc/media/bai-nop",
        database="lophoc",
        busy_table="accounts_user",
    )
}
