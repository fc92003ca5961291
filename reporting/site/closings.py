"""Closed months (考核月结) as they were known when the edition was published, and how to see what has changed since."""

from reporting.site.shell import Sheet, SitePage
from reporting.site.source import Source


def make(source: Source) -> list[Sheet]:
    """The page closings.html."""
    if not source.closings:
        return []
    rows = sorted(source.closings, key=lambda one: (one["month"], one["number"]), reverse=True)
    last: set[str] = set()
    told = []
    for row in rows:
        told.append({**row, "stands": row["month"] not in last})
        last.add(row["month"])
    return [Sheet("closings.html", "closings.html.j2", "月结与重述", "Closings", {"closings": told})]


PAGE = SitePage("data", make)
