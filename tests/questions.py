"""The questions of docs/questions.sql, so that tests can ask them of an edition."""

import re

from tests.conftest import REPOSITORY

PAGE = REPOSITORY / "docs" / "questions.sql"


def questions() -> dict[str, str]:
    """Number and title of each question → its query."""
    found = {}
    for part in PAGE.read_text(encoding="utf-8").split(";\n"):
        titles = re.findall(r"^-- (\d+\. .*)$", part, re.M)
        query = "\n".join(line for line in part.splitlines() if not line.startswith("--")).strip()
        if titles and query:
            found[titles[-1]] = query
    return found
