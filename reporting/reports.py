"""The files of reports: which edition or closing they are made of, and where they go."""

from datetime import timedelta
from pathlib import Path

from ingest.errors import ClosingError, ReportError
from ingest.home import Home
from reporting.bulletin import bulletin
from reporting.closing import closing_faults, closings, edition_of, parse_month
from reporting.daily import daily_report, open_edition
from reporting.documents import Report
from reporting.word import write_word
from reporting.workbook import write_workbook


def write_daily(home: Home, edition: str = "", out: Path | None = None, language: str = "zh") -> list[Path]:
    """Write the daily report of an edition ('' the current one) as .docx and .xlsx; returns the files.

    Raises ClosingError where there is no such edition, and ReportError where it has not what the report tells.
    """
    path, manifest = edition_of(home, edition)
    opened = open_edition(path, manifest)
    try:
        report = daily_report(opened, language)
        day = opened.info["clock_at_local"].date()
    finally:
        opened.connection.close()
    return _write(
        report, out or home.reports, f"daily-{day - timedelta(days=1):%Y-%m-%d}-edition-{manifest['number']}", language
    )


def write_monthly(
    home: Home, month: str, number: int | None = None, out: Path | None = None, language: str = "zh"
) -> list[Path]:
    """Write the bulletin of a closed month (its last closing, or `number`) as .docx and .xlsx; returns the files.

    Raises ReportError where the month is not closed, and ClosingError where its frozen rows are not what was closed.
    """
    told = parse_month(month)
    known = [one for one in closings(home, told) if number in (None, one.record["number"])]
    if not known:
        which = "is not closed" if number is None else f"has no closing {number}"
        raise ReportError(f"{month} {which}; `onegrid closings` lists what is, `onegrid close {month}` closes it")
    closing = known[-1]
    unsound = closing_faults(home, closing)
    if unsound:
        raise ClosingError(f"{unsound[0]}: no bulletin is made of it; run `onegrid verify`")
    path, manifest = edition_of(home, str(closing.record["edition"]))
    report = bulletin(closing, path, manifest["networks"], language)
    return _write(report, out or home.reports, f"monthly-{month}-closing-{closing.record['number']}", language)


def _write(report: Report, folder: Path, name: str, language: str) -> list[Path]:
    suffix = "" if language == "zh" else f"-{language}"
    files = [folder / f"{name}{suffix}.docx", folder / f"{name}{suffix}.xlsx"]
    write_word(report, files[0])
    write_workbook(report, files[1])
    return files
