"""A report as a workbook: a sheet a section, native charts, and cells that are never taken for formulas.

XlsxWriter only ever writes: texts go in as strings, never through its guessing of formulas, links and numbers. A text
that begins like a formula is marked as quoted too, so that it stays a text when the cell is edited or pasted.
"""

from datetime import date, datetime
from pathlib import Path
from typing import Any

from reporting.documents import NOT_ASSESSABLE, Chart, Report, Section, Share, Table, Value, plain, save, written

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
_FORBIDDEN_IN_NAMES = str.maketrans("", "", "[]:*?/\\'")


def write_workbook(report: Report, path: Path) -> None:
    """Write the report as .xlsx, in one step."""
    save(path, lambda staging: _write(report, staging))


def chart_workbook(chart: Chart, path: Path) -> None:
    """A workbook of one chart and its numbers, on a sheet `data`: what a chart in a Word file is made from."""
    with _open(path) as book:
        sheet = book.add_worksheet("data")
        _add_chart(book, sheet, "data", chart, 0, 0, (len(chart.series) + 2, 0))


def _open(path: Path) -> Any:
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    return xlsxwriter.Workbook(str(path), options)


class _Formats:
    """The formats of a workbook, made once."""

    def __init__(self, book: Any) -> None:
        base = {"font_name": "宋体", "font_size": 10, "valign": "vcenter"}
        cell = {**base, "border": 1}
        self.title = book.add_format({**base, "bold": True, "font_size": 14})
        self.line = book.add_format(base)
        self.quoted_line = book.add_format({**base, "quote_prefix": True})
        self.head = book.add_format({**cell, "bold": True, "bg_color": "#DCE6F1", "text_wrap": True})
        self.text = book.add_format({**cell, "num_format": "@"})
        self.quoted = book.add_format({**cell, "num_format": "@", "quote_prefix": True})
        self.count = book.add_format({**cell, "num_format": "#,##0"})
        self.share = book.add_format({**cell, "num_format": "0.0%"})
        self.moment = book.add_format({**cell, "num_format": "yyyy-mm-dd hh:mm"})
        self.day = book.add_format({**cell, "num_format": "yyyy-mm-dd"})


def _write(report: Report, path: Path) -> None:
    with _open(path) as book:
        formats = _Formats(book)
        book.set_properties(
            {
                "title": plain(report.title),
                "created": report.made_at,
                "comments": "; ".join(f"{label} {value}" for label, value in report.provenance),
            }
        )
        names: set[str] = set()
        for section in report.sections:
            name = _sheet_name(section.sheet, names)
            _sheet(book, book.add_worksheet(name), name, formats, report, section)
        _provenance(book, formats, report, _sheet_name(report.words["provenance"], names))


def _sheet_name(told: str, taken: set[str]) -> str:
    """A name that a sheet may have: at most 31 characters, without those that are forbidden, and not twice."""
    name = plain(told).translate(_FORBIDDEN_IN_NAMES).strip()[:28] or "sheet"
    while name in taken:
        name = f"{name[:26]}~{len(taken)}"
    taken.add(name)
    return name


def _sheet(book: Any, sheet: Any, name: str, formats: _Formats, report: Report, section: Section) -> None:
    sheet.write_string(0, 0, plain(f"{report.title} · {section.title}"), formats.title)
    sheet.write_string(1, 0, " · ".join(f"{label} {value}" for label, value in report.provenance), formats.line)
    row = 2
    for line in section.lines:
        _text(sheet, row, 0, line, formats.line, formats.quoted_line)
        row += 1
    if section.table is not None:
        row = _table(sheet, row + 1, formats, report, section.table)
    if section.chart is not None:
        width = len(section.table.columns) if section.table else 0
        _add_chart(book, sheet, name, section.chart, row + 2, 0, (2, width + 1))
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _table(sheet: Any, top: int, formats: _Formats, report: Report, table: Table) -> int:
    """Write the table and return the row after it."""
    for column, told in enumerate(table.columns):
        _text(sheet, top, column, told.title, formats.head, formats.head)
        sheet.set_column(column, column, max(8.0, told.width * 5.5))
    for number, values in enumerate(table.rows, start=top + 1):
        for column, value in enumerate(values):
            _cell(sheet, number, column, value, formats, report.words)
    if not table.rows:
        _text(sheet, top + 1, 0, table.nothing, formats.line, formats.quoted_line)
        return top + 2
    sheet.freeze_panes(top + 1, 0)
    sheet.autofilter(top, 0, top + len(table.rows), len(table.columns) - 1)
    return top + 1 + len(table.rows)


def _cell(sheet: Any, row: int, column: int, value: Value, formats: _Formats, words: dict[str, str]) -> None:
    if isinstance(value, Share) and value.percent is not None:
        sheet.write_number(row, column, float(value.percent) / 100, formats.share)
    elif isinstance(value, bool) or value is None or value is NOT_ASSESSABLE or isinstance(value, Share):
        sheet.write_string(row, column, written(value, words), formats.text)
    elif isinstance(value, int):
        sheet.write_number(row, column, value, formats.count)
    elif isinstance(value, datetime):
        sheet.write_datetime(row, column, value, formats.moment)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, datetime(value.year, value.month, value.day), formats.day)
    else:
        _text(sheet, row, column, value, formats.text, formats.quoted)


def _text(sheet: Any, row: int, column: int, told: object, usual: Any, quoted: Any) -> None:
    text = plain(told)
    sheet.write_string(row, column, text, quoted if text.startswith(_DANGEROUS) else usual)


def _add_chart(book: Any, sheet: Any, name: str, chart: Chart, top: int, left: int, place: tuple[int, int]) -> None:
    """The numbers of a chart from a cell on, one line a category, and the chart at a place (row, column)."""
    sheet.write_string(top, left, "")
    for number, (title, values) in enumerate(chart.series, start=1):
        sheet.write_string(top, left + number, plain(title))
        for row, value in enumerate(values, start=top + 1):
            if value is not None:
                sheet.write_number(row, left + number, value)
    for row, category in enumerate(chart.categories, start=top + 1):
        sheet.write_string(row, left, plain(category))
    drawn = book.add_chart({"type": "bar" if len(chart.categories) > 6 else "column"})
    last = top + len(chart.categories)
    for number in range(1, len(chart.series) + 1):
        drawn.add_series(
            {
                "name": [name, top, left + number],
                "categories": [name, top + 1, left, last, left],
                "values": [name, top + 1, left + number, last, left + number],
                "data_labels": {"value": True, "font": {"size": 8}},
                "gap": 60,
            }
        )
    title = f"{chart.title}（{chart.unit}）" if chart.unit else chart.title
    drawn.set_title({"name": plain(title), "name_font": {"size": 11}})
    legend: dict[str, object] = {"none": True} if len(chart.series) == 1 else {"position": "bottom"}
    drawn.set_legend(legend)
    most = {"max": 100} if chart.unit == "%" else {}
    axis = {"min": 0, **most, "num_font": {"size": 8}}
    names = {"interval_unit": 1, "num_font": {"size": 8}}  # each bar with its name
    if len(chart.categories) > 6:
        drawn.set_y_axis({"reverse": True, **names})
        drawn.set_x_axis({**axis, "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}}})
    else:
        drawn.set_x_axis(names)
        drawn.set_y_axis({**axis, "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}}})
    sheet.insert_chart(*place, drawn)


def _provenance(book: Any, formats: _Formats, report: Report, name: str) -> None:
    sheet = book.add_worksheet(name)
    sheet.write_string(0, 0, plain(report.title), formats.title)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 80)
    for row, (label, value) in enumerate(report.provenance, start=2):
        sheet.write_string(row, 0, plain(label), formats.head)
        _text(sheet, row, 1, value, formats.text, formats.quoted)
