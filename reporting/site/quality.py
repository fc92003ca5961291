"""Data quality: what each feed delivered, what was rejected and why, what the gate and the watch found; and a page
for each centre with what it must mend."""

from typing import Any

from reporting.site.centres import centre_sheets
from reporting.site.shell import Sheet, SitePage
from reporting.site.source import Source

TREND_DAYS = 60


def make(source: Source) -> list[Sheet]:
    """quality.html and a page a centre."""
    context: dict[str, Any] = {"feeds": source.feeds}
    sheets = centre_sheets(source.connection, source.info, source.manifest["networks"])
    return [Sheet("quality.html", "quality.html.j2", "数据质量", "Data quality", context), *sheets]


PAGE = SitePage("data", make)
