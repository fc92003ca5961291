"""The program that opens workbooks, in a process of its own: a broken one may take its memory or its life, not ours.

It is started by its path (`ingest/decode/workbook.py` does so) and imports nothing of this package. Requests come on
standard input: a line of JSON (`size`, `sheet`, `header_row`, `megabytes`) and the workbook. Answers go to standard
output: eight bytes of length, and the sheet as an Arrow stream; a length of nothing where it can't be read.
"""

import json
import resource
import sys
from contextlib import suppress
from typing import Any

import fastexcel
import pyarrow as pa

MEGABYTE = 1024**2


def held() -> int:
    """Bytes of data that this process holds before it has read anything."""
    with suppress(OSError), open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmData:")) * 1024
    return 256 * MEGABYTE


def sheet_of(data: bytes, asked: dict[str, Any]) -> bytes:
    """The sheet, all cells as texts, as an Arrow stream."""
    header = asked["header_row"] - 1
    sheet = fastexcel.read_excel(data).load_sheet(asked["sheet"], header_row=header, dtypes="string")
    batch = sheet.to_arrow()
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, batch.schema) as stream:
        stream.write_batch(batch)
    told: bytes = out.getvalue().to_pybytes()
    return told


def main() -> None:
    """Answer requests until standard input ends."""
    before = held()
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    while line := requests.readline():
        asked = json.loads(line)
        data = requests.read(asked["size"])
        with suppress(ValueError, OSError):  # a system that knows no such limit, or a narrower one already
            resource.setrlimit(resource.RLIMIT_DATA, (before + asked["megabytes"] * MEGABYTE, hard))
        try:
            told = sheet_of(data, asked)
        except BaseException as error:  # the reader has its own kinds for each way to be broken, panics among them
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            told = b""
        answers.write(len(told).to_bytes(8, "big") + told)
        answers.flush()


if __name__ == "__main__":
    main()
