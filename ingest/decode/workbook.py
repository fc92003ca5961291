"""Workbooks to columns of text: `.xlsx` (an archive, looked through before it is opened) and the older `.xls`.

Their reader is a process of its own, for a few hundred bytes can make it ask for all memory or turn in a ring. It gets
memory and time by the size of the workbook, is ended when it takes more, and started anew for the next one.
"""

import atexit
import json
import os
import select
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

import pyarrow as pa

from ingest.contract import Format
from ingest.decode.reading import MEGABYTE, Reading, UnreadableError, distinct
from ingest.decode.unpack import is_zip, look_through

READER = Path(__file__).with_name("workbook_reader.py")
LEAST_MEGABYTES, MEGABYTES_EACH = 192, 16  # for any workbook; and for each megabyte that it unpacks to
LEAST_SECONDS, SECONDS_EACH = 20.0, 2.0  # a hundred times what an honest one takes


def read_workbook(data: bytes, form: Format) -> Reading:
    """One sheet, its row of names as the contract says; cells become the text that stands for them."""
    size = look_through(data) if is_zip(data) else len(data)
    told = _reader.ask(data, form, size / MEGABYTE)
    if not told:
        raise UnreadableError("unreadable_delivery")
    table = pa.ipc.open_stream(told).read_all()
    table = table.rename_columns(distinct(table.column_names))
    return Reading(table.cast(pa.schema([(name, pa.string()) for name in table.column_names])))


class _Reader:
    """The reading process; one for this process, started when it is first needed and when the last one has ended."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._lock = threading.Lock()

    def ask(self, data: bytes, form: Format, megabytes: float) -> bytes:
        """The sheet as an Arrow stream; nothing where it can't be read.

        Raises UnreadableError (`workbook_too_costly`) where reading it took more memory or time than it gets.
        """
        asked = {
            "size": len(data),
            "sheet": form.sheet,
            "header_row": form.header_row,
            "megabytes": LEAST_MEGABYTES + int(MEGABYTES_EACH * megabytes),
        }
        until = time.monotonic() + LEAST_SECONDS + SECONDS_EACH * megabytes
        with self._lock:
            process = self._running()
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                process.stdin.write(json.dumps(asked).encode() + b"\n" + data)
                process.stdin.flush()
                length = int.from_bytes(_received(process.stdout, 8, until), "big")
                return _received(process.stdout, length, until)
            except (OSError, EOFError, TimeoutError) as error:
                self.end()
                raise UnreadableError("workbook_too_costly") from error

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._owner != os.getpid() or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(READER)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            self._owner = os.getpid()
        return self._process

    def end(self) -> None:
        """End the process, if this process started it."""
        process, self._process = self._process, None
        if process is not None and self._owner == os.getpid():
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):  # what was not written yet goes nowhere
                    if pipe is not None:
                        pipe.close()


def _received(stream: IO[bytes], size: int, until: float) -> bytes:
    """Exactly `size` bytes. Raises TimeoutError after `until` (monotonic), EOFError where the process has ended."""
    found = bytearray()
    poll = select.poll()
    poll.register(stream, select.POLLIN)
    while len(found) < size:
        if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
            raise TimeoutError
        part = os.read(stream.fileno(), min(size - len(found), MEGABYTE))
        if not part:
            raise EOFError
        found += part
    return bytes(found)


_reader = _Reader()
atexit.register(_reader.end)
