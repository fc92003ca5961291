"""What an incident of an edition rests on, and what people say of two cases: that they are one incident, or are not.

Such a word is a record in a hash-chained log of its own (`log/chain/links`): it names two cases by feed and number,
never an event, so it holds whatever is delivered or landed again, and counts from the next build on.
"""

from typing import Any

import duckdb

from ingest.chain import Record
from ingest.errors import ExplainError, LinkError
from ingest.home import Home
from ingest.log import Log
from reporting.build import WAREHOUSE
from reporting.closing import edition_of
from reporting.edition import MARTS
from reporting.page import Row, query

ACTS = ("linked", "unlinked", "withdrawn")
EVIDENCES = ("place", "area", "time", "matter", "words", "person", "thing", "ended", "teller")
_CASE = (
    "select cases.case_id, cases.feed, cases.network, cases.stream_key, members.incident_id "
    f"from {MARTS}.fct_case as cases inner join {MARTS}.bridge_incident_case as members using (case_id) "
    "where (cases.case_id = $1 or cases.stream_key = $1) and ($2 = '' or cases.feed = $2) order by cases.feed"
)


def explain_incident(home: Home, asked: str, feed: str = "", edition: str = "") -> dict[str, Any]:
    """An incident of an edition ('' the current one): its cases with the evidence of each link, and what is doubtful.

    `asked` is an incident's id, or that or the number of any of its cases, `feed` tells numbers apart: an id that was
    quoted once is that of a case, so it resolves as long as the case is there. `moved` says that it is another now.
    Raises ExplainError where it is not one incident.
    """
    path, _ = edition_of(home, edition)
    with duckdb.connect(str(path / WAREHOUSE), read_only=True) as connection:
        found = query(connection, _CASE, [asked, feed])
        if len({row["incident_id"] for row in found}) != 1:
            listed = ", ".join(f"{row['feed']} {row['stream_key']}" for row in found[:5])
            what = f"is of more than one incident ({listed}): tell which by --feed" if found else "names no incident"
            raise ExplainError(f"{asked!r} {what}")
        incident = found[0]["incident_id"]
        [row] = query(connection, f"select * from {MARTS}.fct_incident where incident_id = $1", [incident])
        cases = query(
            connection,
            "select cases.feed, cases.stream_key, cases.status, cases.opened_at_local, cases.closed_at_local, "
            "cases.grid_code, others.feed as linked_feed, others.stream_key as linked_key, members.* "
            f"from {MARTS}.bridge_incident_case as members "
            f"inner join {MARTS}.fct_case as cases using (case_id) "
            f"left join {MARTS}.fct_case as others on members.linked_case_id = others.case_id "
            "where members.incident_id = $1 order by cases.opened_at, cases.feed, cases.stream_key",
            [incident],
        )
        review = query(
            connection,
            "select reviews.reason, reviews.link_value, cases.feed, cases.stream_key, "
            "members.incident_id as in_incident, reviews.incident_id as near_incident "
            f"from {MARTS}.rpt_link_review as reviews "
            f"inner join {MARTS}.fct_case as cases using (case_id) "
            f"inner join {MARTS}.bridge_incident_case as members using (case_id) "
            "where reviews.incident_id = $1 or members.incident_id = $1 "
            "order by reviews.link_value desc, cases.feed, cases.stream_key, reviews.incident_id",
            [incident],
        )
        [info] = query(connection, f"select edition, city_title, log_version, time_zone from {MARTS}.publish_info")
    acts = [act for act in Log(home).links() if _touches(act, cases)]
    return {
        "edition": info, "asked": asked, "moved": asked == found[0]["case_id"] != incident, "incident": row,
        "cases": cases, "review": review, "acts": acts,
    }  # fmt: skip


def _touches(act: Record, cases: list[Row]) -> bool:
    keys = {(case["feed"], case["stream_key"]) for case in cases}
    return (act["feed"], act["stream_key"]) in keys or (act["other_feed"], act["other_key"]) in keys


def say_of_cases(
    home: Home, act: str, one: str, another: str, by: str, why: str, feeds: tuple[str, str] = ("", "")
) -> Record:
    """Record a person's word on two cases of the current edition: linked, unlinked or withdrawn (what was said before
    counts no more). Each is named by its id or number; `feeds` tell numbers apart. Raises LinkError otherwise."""
    if act not in ACTS:
        raise LinkError(f"{act!r} is nothing that can be said of two cases; there are {', '.join(ACTS)}")
    if not by.strip() or not why.strip():
        raise LinkError("say who decides (--by) and why (--why): both are kept")
    path, _ = edition_of(home, "")
    with duckdb.connect(str(path / WAREHOUSE), read_only=True) as connection:
        first, second = (_one_case(connection, case, feed) for case, feed in zip((one, another), feeds, strict=True))
    if first["case_id"] == second["case_id"]:
        raise LinkError(f"{one!r} and {another!r} are the same case: name two")
    return Log(home).say_of_cases(
        {
            "act": act, "feed": first["feed"], "stream_key": first["stream_key"], "other_feed": second["feed"],
            "other_key": second["stream_key"], "by": by.strip(), "why": why.strip(),
            "at": home.now().isoformat(),
        }
    )  # fmt: skip


def _one_case(connection: duckdb.DuckDBPyConnection, asked: str, feed: str) -> Row:
    found = query(connection, _CASE, [asked, feed])
    if len(found) != 1:
        listed = ", ".join(f"{row['feed']} {row['stream_key']}" for row in found[:5])
        what = (
            f"is more than one case ({listed}): name it as FEED:NUMBER"
            if found
            else "is no case of the current edition"
        )
        raise LinkError(f"{asked!r} {what}")
    return found[0]
