"""`python -m loadtests.generator PLAN RESULT`: play a load plan; the accounts' password comes on stdin."""

from gevent import monkey

monkey.patch_all()

import json  # noqa: E402 - gevent patches before anything is imported
import sys  # noqa: E402
from pathlib import Path  # noqa: E402
from types import SimpleNamespace  # noqa: E402

from loadtests.generator.run import Run  # noqa: E402


def main() -> None:
    """Play the plan and write the result, whole or not at all."""
    plan_file, result_file = Path(sys.argv[1]), Path(sys.argv[2])
    plan = json.loads(plan_file.read_text("utf-8"), object_hook=lambda each: SimpleNamespace(**each))
    password = sys.stdin.readline().strip()
    result = Run(plan, password, result_file.parent).play()
    part = result_file.with_suffix(".part")
    part.write_text(json.dumps(result), "utf-8")
    part.replace(result_file)


main()
