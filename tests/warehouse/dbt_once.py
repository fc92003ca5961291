"""Run as a child process: several dbt commands over one parsed project, each on a warehouse of its own.

Takes a JSON list of {"warehouse", "work", "command"} on standard input and prints a JSON list of their outcomes.
"""

import json
import os
import sys
from typing import Any

from dbt.cli.main import dbtRunner


def main() -> None:
    manifest: Any = None
    outcomes = []
    for step in json.load(sys.stdin):
        os.environ["ONEGRID_WAREHOUSE"] = step["warehouse"]
        os.environ["ONEGRID_DBT_TEMP"] = f"{step['work']}/temp"
        paths = ["--target-path", f"{step['work']}/target", "--log-path", f"{step['work']}/logs"]
        if manifest is None:
            manifest = dbtRunner().invoke(["--quiet", "parse", *paths]).result
        result = dbtRunner(manifest=manifest).invoke(["--quiet", *step["command"], *paths])
        bad = [
            f"{node.node.unique_id}: {node.message}"
            for node in getattr(result.result, "results", [])
            if str(node.status) in ("error", "fail")
        ]
        outcomes.append({"success": result.success, "bad": bad, "exception": str(result.exception or "")})
    sys.stdout.write("\n" + json.dumps(outcomes))


if __name__ == "__main__":
    main()
