"""A fresh interpreter, for what an import costs and touches."""

import os
import subprocess
import sys


def run_python(code: str, **environment: str) -> str:
    """What a fresh interpreter prints for the code."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
