"""What goes wrong in a district, as changes of sound deliveries and of sound marts. Invented values only.

Each defect is told in the words of the domain and not in those of a check: real ones were counted in public feeds, the
others are met in the field. `critical`: if nobody saw it, a figure that ranks a department would be wrong.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from simulator.deliver import Draft

Change = Callable[[Draft], list[Draft]]


@dataclass(frozen=True)
class DeliveryDefect:
    """A change of the newest deliveries of a feed, as many as `newest` says: one, where that shows.

    `long` makes longer what the feed delivered before, where the sound world's lists are too short to miss anything.
    """

    name: str
    feed: str
    change: Change
    critical: bool = True
    newest: int = 1
    long: Change | None = None


@dataclass(frozen=True)
class MartDefect:
    """A change of built marts, as SQL."""

    name: str
    sql: str
    critical: bool = True


def cells(column: str, value: object, share: float = 1.0) -> Change:
    """Put a value, or what a function makes of the old ones, into a share of the rows."""

    def change(draft: Draft) -> list[Draft]:
        table = draft.table.reset_index(drop=True).copy()
        chosen = np.arange(len(table)) < max(1, round(share * len(table)))
        column_ = table[column].astype(object)
        column_[chosen] = column_[chosen].map(value) if callable(value) else value
        table[column] = column_
        return [replace(draft, table=table)]

    return change


def swapped(first: str, second: str) -> Change:
    def change(draft: Draft) -> list[Draft]:
        table = draft.table.copy()
        table[first], table[second] = draft.table[second], draft.table[first]
        return [replace(draft, table=table)]

    return change


def renamed(column: str, name: str) -> Change:
    return lambda draft: [replace(draft, table=draft.table.rename(columns={column: name}))]


def without(column: str) -> Change:
    return lambda draft: [replace(draft, table=draft.table.drop(columns=column))]


def with_column(name: str, value: str) -> Change:
    return lambda draft: [replace(draft, table=draft.table.assign(**{name: value}))]


def kept(share: float) -> Change:
    return lambda draft: [draft.take(np.arange(round(share * len(draft.table))))]


def every(number: int) -> Change:
    """One row in so many."""
    return lambda draft: [draft.take(np.arange(0, len(draft.table), number))]


def times(number: int) -> Change:
    """The same rows with other keys, so many times over."""

    def change(draft: Draft) -> list[Draft]:
        key = draft.table.columns[0]
        parts = [draft.table.assign(**{key: draft.table[key].astype(str) + f"-{n}"}) for n in range(1, number)]
        return [replace(draft, table=pd.concat([draft.table, *parts]))]

    return change


def doubled(draft: Draft) -> list[Draft]:
    return [replace(draft, table=pd.concat([draft.table, draft.table]))]


def doubled_otherwise(column: str, value: str) -> Change:
    """Every row twice in one file, once with another word in a column."""
    return lambda draft: [replace(draft, table=pd.concat([draft.table, draft.table.assign(**{column: value})]))]


def data(make: Callable[[bytes], bytes]) -> Change:
    return lambda draft: [replace(draft, data=make(draft.written()))]


def moved(column: str, hours: float, form: str) -> Change:
    """Times that lie so many hours off."""

    def at(value: object) -> object:
        if not value or pd.isna(value):
            return value
        return (pd.to_datetime(str(value), format=form) + pd.Timedelta(hours=hours)).strftime(form)

    return cells(column, at)


def none(draft: Draft) -> list[Draft]:
    return []


SPACED = "%Y-%m-%d %H:%M:%S"
PHONE, IDENTITY = "15400001234", "990000199003070134"  # shapes of invented persons

DELIVERIES = (
    # whether it comes, and how much
    DeliveryDefect("the daily file does not come any more", "gas_repairs", none, newest=3),
    DeliveryDefect("an interface answers and has nothing new", "hotline_orders", none, newest=3),
    DeliveryDefect("nine tenths of the rows are missing", "city_management_cases", kept(0.1)),
    DeliveryDefect("half of the rows are missing for a week", "police_incidents", every(2), newest=28),
    DeliveryDefect("of sixty outages two are left", "power_outages", kept(0.5), newest=12, long=times(60)),
    DeliveryDefect("ten times the usual rows", "city_management_cases", times(10)),
    DeliveryDefect("each row twice, to the letter", "city_management_cases", doubled, critical=False),
    DeliveryDefect(
        "each row twice, with another office", "city_management_cases", doubled_otherwise("deal_unit_id", "CM99")
    ),
    # its form
    DeliveryDefect("the file breaks off in the middle", "gas_repairs", data(lambda d: d[: len(d) // 2])),
    DeliveryDefect(
        "a table breaks off in the middle of a row", "city_management_cases", data(lambda d: d[: len(d) // 2 - 7])
    ),
    DeliveryDefect(
        "another encoding than was agreed", "water_repairs", data(lambda d: d.decode("gb18030").encode("utf-16"))
    ),
    DeliveryDefect(
        "an error page instead of the data", "hotline_orders", data(lambda _: b"<html>502 Bad Gateway</html>")
    ),
    DeliveryDefect("compressed without a word", "city_management_cases", data(lambda d: gzip.compress(d, mtime=0))),
    DeliveryDefect("an empty file", "city_management_cases", data(lambda _: b"")),
    DeliveryDefect("semicolons instead of commas", "city_management_cases", data(lambda d: d.replace(b",", b";"))),
    DeliveryDefect(
        "the list stands under another name", "hotline_orders", data(lambda d: d.replace(b'"data"', b'"result"'))
    ),
    # its columns
    DeliveryDefect("the key is renamed", "city_management_cases", renamed("rec_id", "recid")),
    DeliveryDefect("the time of change is missing", "city_management_cases", without("update_time")),
    DeliveryDefect("the time of closing is missing", "city_management_cases", without("archive_time")),
    DeliveryDefect("the office is missing", "city_management_cases", without("deal_unit_id"), newest=3),
    DeliveryDefect("the category is missing", "city_management_cases", without("event_type_code")),
    DeliveryDefect("coordinates are missing", "city_management_cases", without("coordinate_x"), newest=3),
    DeliveryDefect("a new column comes", "city_management_cases", with_column("district_no", "3"), critical=False),
    DeliveryDefect(
        "a column of identity numbers comes", "city_management_cases", with_column("report_idcard", IDENTITY)
    ),
    # its values
    DeliveryDefect("keys are empty in a third of the rows", "city_management_cases", cells("rec_id", "", 0.34)),
    DeliveryDefect("all rows have one key", "city_management_cases", cells("rec_id", "CG000")),
    DeliveryDefect(
        "times as the centre does not write them", "city_management_cases", cells("create_time", "10月5日上午", 0.5)
    ),
    DeliveryDefect(
        "an undefined word in an agreed list", "city_management_cases", cells("event_src_name", "其他渠道", 0.3)
    ),
    DeliveryDefect("codes of a list that nobody has", "city_management_cases", cells("event_type_code", "9999", 0.5)),
    DeliveryDefect(
        "codes of another edition under the old label", "city_management_cases", cells("code_edition", "2019", 0.5)
    ),
    DeliveryDefect("zero instead of coordinates", "city_management_cases", cells("coordinate_x", 0, 0.6)),
    DeliveryDefect(
        "longitude and latitude in each other's place", "city_management_cases", swapped("coordinate_x", "coordinate_y")
    ),
    DeliveryDefect(
        "coordinates in another frame, 500 m off and more",
        "city_management_cases",
        cells("coordinate_x", lambda x: float(x) + 0.6),
    ),
    DeliveryDefect(
        "coordinates cut to one digit", "city_management_cases", cells("coordinate_x", lambda x: float(str(x)[:4]), 0.8)
    ),
    DeliveryDefect(
        "closed before it was reported", "city_management_cases", cells("archive_time", "2026-01-02 03:04:05", 0.5)
    ),
    DeliveryDefect("disposed before it was dispatched", "city_management_cases", moved("dispose_time", -2000, SPACED)),
    DeliveryDefect("reported next month", "city_management_cases", moved("create_time", 24 * 30, SPACED)),
    DeliveryDefect(
        "the zero date of a database", "city_management_cases", cells("archive_time", "1970-01-01 00:00:00", 0.4)
    ),
    DeliveryDefect(
        "changed in the future: a clock eight hours ahead", "city_management_cases", moved("update_time", 8, SPACED)
    ),
    DeliveryDefect("a clock eight hours behind", "police_incidents", moved("gxsj", -8, SPACED), newest=12),
    DeliveryDefect(
        "texts are one and the same sentence", "city_management_cases", cells("rec_desc", "测试"), critical=False
    ),
    DeliveryDefect("texts are empty", "city_management_cases", cells("rec_desc", ""), critical=False, newest=3),
    DeliveryDefect(
        "last month's file again under today's name", "city_management_cases", moved("update_time", -24 * 40, SPACED)
    ),
    DeliveryDefect(
        "all cases belong to an office that does not exist", "city_management_cases", cells("deal_unit_id", "ZZ77", 0.9)
    ),
    DeliveryDefect(
        "all grids are of another numbering", "city_management_cases", cells("cell_id", lambda c: "9" + str(c)[1:])
    ),
)

MARTS = (
    MartDefect(
        "a join doubles the cases of one feed",
        "insert into mart.fct_case select * replace (case_id || '+' as case_id) from mart.fct_case where feed = 'gas_repairs'",
    ),
    MartDefect(
        "a join doubles every tenth event",
        "insert into mart.fct_event select * replace (event_id || '+' as event_id) from mart.fct_event where hash(event_id) % 10 = 0",
    ),
    MartDefect("a network is lost", "delete from mart.fct_case where network = 'gas'"),
    MartDefect(
        "a day of cases is lost",
        "delete from mart.fct_case where opened_on = (select max(opened_on) - 3 from mart.fct_case)",
    ),
    MartDefect("cases without a place are left out", "delete from mart.fct_case where grid_method = 'unlocated'"),
    MartDefect("a fortieth of the cases is lost", "delete from mart.fct_case where hash(case_id) % 40 = 0"),
    MartDefect(
        "one office's late disposals count as in time",
        "update mart.fct_case_deadline set is_on_time = true where stage = 'handle' and not is_on_time and org_code = (select mode(org_code) from mart.fct_case_deadline where stage = 'handle' and not is_on_time)",
    ),
    MartDefect(
        "all deadlines are eight hours later", "update mart.fct_case_deadline set due_at = due_at + interval 8 hour"
    ),
    MartDefect(
        "closed cases stand as open",
        "update mart.fct_case set status = 'handling', is_open = true where hash(case_id) % 20 = 0 and status = 'closed'",
    ),
    MartDefect(
        "moments of closing are eight hours off", "update mart.fct_case set closed_at = closed_at + interval 8 hour"
    ),
    MartDefect("the office of cases is empty", "update mart.fct_case set org_code = null"),
    MartDefect(
        "a department's cases are another's",
        "update mart.fct_case set org_code = (select max(org_code) from mart.dim_organisation where org_code <> 'unknown') where hash(case_id) % 10 = 0",
    ),
    MartDefect(
        "grids are moved by one",
        "update mart.fct_case set grid_code = (select min(grid_code) from mart.dim_grid where scheme = 'unit' and grid_code <> 'unlocated') where grid_method <> 'unlocated'",
    ),
    MartDefect(
        "the ledger of a grid is carried wrong",
        "update mart.rpt_grid_ledger set open_at_end = open_at_end + 1 where local_day = (select max(local_day) from mart.rpt_grid_ledger) and opened > 0",
    ),
    MartDefect(
        "a grid is missing in the ledger",
        "delete from mart.rpt_grid_ledger where grid_code = (select mode(grid_code) from mart.rpt_grid_ledger where opened > 0)",
    ),
    MartDefect(
        "a rate is above one",
        "update mart.rpt_indicator set numerator = denominator + 1 where indicator = 'handled_on_time_rate' and denominator > 0",
    ),
    MartDefect(
        "a numerator is one too high for a single office",
        "update mart.rpt_indicator set numerator = numerator + 1 where indicator = 'reported' and subject_kind = 'organisation' and subject_code = (select mode(subject_code) from mart.rpt_indicator where indicator = 'reported' and subject_kind = 'organisation')",
    ),
    MartDefect(
        "the denominator leaves out the late",
        "update mart.rpt_indicator set denominator = numerator where indicator = 'handled_on_time_rate' and numerator < denominator",
    ),
    MartDefect(
        "an indicator is not there at all",
        "delete from mart.rpt_indicator where indicator = 'closed'; delete from mart.rpt_indicator_item where indicator = 'closed'",
    ),
    MartDefect(
        "an indicator counts things that are no cases",
        "insert into mart.rpt_indicator_item select * replace ('of-nobody' as item_id) from mart.rpt_indicator_item limit 5",
    ),
    MartDefect("two offices change places in the ranking", "update mart.rpt_scorecard set ranking = ranking + 1"),
    MartDefect("an office has more points than there are", "update mart.rpt_scorecard_line set points = maximum + 5"),
    MartDefect(
        "the spans of a case have a gap",
        "delete from mart.fct_case_stage where hash(case_id) % 30 = 0 and valid_to_at is not null",
    ),
    MartDefect("dwell times are negative", "update mart.rpt_dwell set dwell_seconds = -dwell_seconds"),
    MartDefect(
        "what is due is counted from another clock",
        "update mart.rpt_due_soon set due_at = due_at + interval 8 hour, minutes_left = minutes_left + 480",
    ),
    MartDefect(
        "suspended cases are not in the ledger of suspensions",
        "delete from mart.rpt_suspension where hash(case_id) % 3 = 0",
    ),
    MartDefect(
        "hand-overs that contradict each other are shown as agreed",
        "update mart.rpt_handover set is_contradictory = false",
    ),
    MartDefect("rejections are not counted", "delete from mart.dq_rejection; delete from mart.dq_rejected_record"),
    MartDefect(
        "a held delivery is shown as let through",
        "update mart.dq_landing set verdict = 'pass', is_visible = true; update mart.dq_feed set held = 0",
        critical=False,
    ),
    MartDefect("an older log is published", "update log.mount set log_version = '0000000000000000'"),
    MartDefect(
        "the organisation table has an office twice at one time",
        "insert into mart.dim_organisation select * replace (organisation_id || '+' as organisation_id) from mart.dim_organisation where org_code <> 'unknown' limit 3",
    ),
    MartDefect(
        "the calendar lacks a day", "delete from mart.dim_date where day = (select max(opened_on) from mart.fct_case)"
    ),
    MartDefect("a mart is missing", "drop table mart.rpt_timeliness"),
    MartDefect("a column is missing", "alter table mart.fct_case drop column closed_at"),
    MartDefect(
        "events are dated in local time", "update mart.fct_event set occurred_at = occurred_at + interval 8 hour"
    ),
)
