"""Named points at which a test may kill the process; they cost one comparison when off.

`ONEGRID_FAULT=name` (or `name:3` for the third pass) kills this process with SIGKILL at that point, so that nothing
is cleaned up: what a power cut or the kernel's out-of-memory killer does.
"""

import os
import signal

_ARMED, _, _PASS = os.environ.get("ONEGRID_FAULT", "").partition(":")
_seen = 0


def point(name: str) -> None:
    """Die here if the environment says so."""
    global _seen  # noqa: PLW0603  one counter for the one armed point of this process
    if name == _ARMED:
        _seen += 1
        if _seen >= int(_PASS or 1):
            os.kill(os.getpid(), signal.SIGKILL)
