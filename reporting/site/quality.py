"""Data quality: what each feed delivered, how far it reaches, what was rejected and flagged, what found no place or
category; and a page for each centre with what it must mend."""

from typing import Any

from reporting.page import Row
from reporting.site.board import colour_of, lines
from reporting.site.centres import centre_sheets
from reporting.site.shell import Sheet, SitePage
from reporting.site.source import Source, is_incomplete

TREND_DAYS = 62
LISTED = 40


def make(source: Source) -> list[Sheet]:
    """quality.html and a page a centre."""
    if not source.feeds:
        return []
    sheets = []
    if not source.lacks("dq_landing", "dq_rejected_record", "dq_rejection", "dq_gate_check", "dq_watch"):
        sheets = centre_sheets(source.connection, source.info, source.manifest["networks"])
    charts = _trend(source)
    context: dict[str, Any] = {
        "feeds": [
            {**feed, "is_incomplete": is_incomplete(feed), "title_of": source.network(feed["network"])}
            for feed in source.feeds
        ],
        "cards": _cards(source),
        "centres": [source.network(name) for name in sorted({feed["network"] for feed in source.feeds})],
        "titles": source.manifest["networks"],
        "pages": {sheet.file for sheet in sheets},
        "charts": charts,
        "checks": _rows(
            source, "dq_gate_check", "where is_open order by severity, last_seen_at desc, feed, check_code"
        ),
        "findings": _rows(source, "dq_watch", "where is_open order by severity, since_at desc, feed, code, subject"),
        "places": _places(source),
        "words": _rows(
            source,
            "dq_category",
            "where status <> 'known' order by cases desc, feed, code_set_told, category_code_told",
        ),
        "contradictions": _contradictions(source),
    }
    titles = ("数据质量", "Data quality")
    return [Sheet("quality.html", "quality.html.j2", *titles, context, {"charts": charts}), *sheets]


def _rows(source: Source, mart: str, rest: str) -> list[Row]:
    """The first rows of a mart with how many there are; none where the edition lacks it."""
    if not source.has(mart):
        return []
    return source.query(f"select *, count(*) over () as total from mart.{mart} {rest} limit {LISTED}")


def _cards(source: Source) -> list[tuple[str, str, int, str, bool]]:
    found = []
    for zh, en, query, is_bad in (
        ("数据源", "Feeds", "count(*) from mart.dq_feed", False),
        ("迟到", "Late", "count(*) from mart.dq_feed where is_behind", True),
        ("待处理批次", "Deliveries that wait", "coalesce(sum(held + unjudged), 0) from mart.dq_feed", True),
        ("收到记录", "Records fetched", "coalesce(sum(fetched), 0) from mart.dq_feed", False),
        ("拒收", "Rejected", "coalesce(sum(rejected), 0) from mart.dq_feed", True),
        ("未定位案件", "Cases without a place", "count(*) from mart.fct_case where grid_code = 'unlocated'", True),
    ):
        if "fct_case" in query and source.lacks("fct_case"):
            continue
        [(value,)] = source.connection.execute(f"select {query}").fetchall()
        found.append((zh, en, int(value), query, is_bad))
    return found


def _trend(source: Source) -> dict[str, Any]:
    """Rejected records by day of delivery, of each network that had any; and the records that came."""
    if not source.has("dq_control_total"):
        return {}
    rows = source.query(
        "select network, local_day, sum(rejected)::bigint as rejected, sum(fetched)::bigint as fetched "
        "from mart.dq_control_total where local_day > ?::date - ? group by all order by all",
        [source.day, TREND_DAYS],
    )
    days = sorted({row["local_day"] for row in rows})
    if len(days) < 2:
        return {}
    told = {(row["network"], row["local_day"]): row for row in rows}
    charts = {}
    for measure in ("fetched", "rejected"):
        names = [
            name
            for name in dict.fromkeys(row["network"] for row in rows)
            if any(row[measure] for row in rows if row["network"] == name)
        ]
        series = []
        for name in names:
            network = source.network(name)
            values = [int(told[name, day][measure]) if (name, day) in told else 0 for day in days]
            series.append(
                {
                    "name": {"zh": network.zh, "en": network.en},
                    "type": "bar",
                    "stack": "all",
                    "color": colour_of(source, name),
                    "data": values,
                }
            )
        if series:
            charts[measure] = lines([f"{day:%m-%d}" for day in days], series)
    return charts


def _places(source: Source) -> list[Row]:
    """Of each feed: its cases by how their grid was found."""
    if not source.has("dq_place"):
        return []
    return source.query(
        "select feed, sum(cases)::bigint as cases, "
        "coalesce(sum(cases) filter (where grid_method = 'point'), 0)::bigint as by_point, "
        "coalesce(sum(cases) filter (where grid_method = 'given'), 0)::bigint as by_code, "
        "coalesce(sum(cases) filter (where grid_method not in ('point', 'given', 'unlocated')), 0)::bigint "
        "as otherwise, "
        "coalesce(sum(cases) filter (where grid_method = 'unlocated'), 0)::bigint as unlocated, "
        "coalesce(sum(cases) filter (where agreement = 'differ'), 0)::bigint as differ, "
        "coalesce(sum(cases) filter (where suspected_crs is not null), 0)::bigint as suspected "
        "from mart.dq_place group by feed having sum(cases) > 0 order by feed"
    )


def _contradictions(source: Source) -> list[Row]:
    if not source.has("dq_case_contradiction"):
        return []
    words = source.kept.labels("contradiction")
    rows = source.query(
        "select contradiction, severity, count(*) as cases, count(distinct feed) as feeds "
        "from mart.dq_case_contradiction group by contradiction, severity order by cases desc, contradiction"
    )
    return [
        {**row, "words": words.get(row["contradiction"], (row["contradiction"], row["contradiction"]))} for row in rows
    ]


PAGE = SitePage("data", make)
