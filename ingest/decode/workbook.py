"""Workbooks to columns of text: `.xlsx` (an archive, looked through before it is opened) and the older `.xls`."""

import fastexcel
import pyarrow as pa

from ingest.contract import Format
from ingest.decode.reading import Reading, UnreadableError, distinct
from ingest.decode.unpack import is_zip, look_through


def read_workbook(data: bytes, form: Format) -> Reading:
    """One sheet, its row of names as the contract says; cells become the text that stands for them."""
    if is_zip(data):
        look_through(data)
    try:
        sheet = fastexcel.read_excel(data).load_sheet(form.sheet, header_row=form.header_row - 1, dtypes="string")
        batch = sheet.to_arrow()
    except (
        BaseException
    ) as error:  # the reader has its own kinds for each way a workbook can be broken, panics among them
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            raise
        raise UnreadableError("unreadable_delivery") from error
    table = pa.Table.from_batches([batch])
    table = table.rename_columns(distinct(table.column_names))
    return Reading(table.cast(pa.schema([(name, pa.string()) for name in table.column_names])))
