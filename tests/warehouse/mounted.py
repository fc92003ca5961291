"""A mounted log made by hand: schema `log` with its tables, filled row by row, as the models read it.

All wall times are of Asia/Shanghai, which has no summer time: UTC is eight hours before.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

OFFSET = timedelta(hours=8)
TIME_ZONE = "Asia/Shanghai"
TEXTS = (
    "event_id", "content_hash", "identity", "stream_type", "stream_key", "event_type", "feed", "network", "batch_id",
    "landing_id", "attempt_id", "source_ref", "record_key", "record_hash", "category_code_set", "category_code",
    "nature", "channel", "level", "org_code", "actor_token", "counterpart_org_code", "crs", "lon_raw", "lat_raw",
    "address", "division_code", "grid_scheme_given", "grid_code_given", "component_code", "appeal_type", "text",
    "attributes",
)  # fmt: skip
EVENT = {
    **dict.fromkeys(TEXTS, "varchar"),
    "event_version": "integer",
    "line": "bigint",
    **dict.fromkeys(("occurred_at", "recorded_at", "observed_at", "landed_at"), "timestamp"),
    **dict.fromkeys(("lon", "lat"), "double"),
}
COUNTS = ("fetched", "recorded", "duplicate", "rejected", "filtered")
LANDING = {
    **dict.fromkeys(("feed", "network", "batch_id", "landing_id", "attempt_id", "batch_name", "verdict"), "varchar"),
    **dict.fromkeys(("observed_at", "landed_at"), "timestamp"),
    **dict.fromkeys(COUNTS, "bigint"),
    "seq": "integer",
    "contract_version": "integer",
    "visible": "boolean",
}
REJECTION = {
    **dict.fromkeys(("feed", "network", "batch_id", "landing_id"), "varchar"),
    "line": "bigint",
    **dict.fromkeys(("field", "code", "severity", "owner", "message"), "varchar"),
}
FEED = {
    **dict.fromkeys(("feed", "network", "title", "mode", "owner_office"), "varchar"),
    "cadence_seconds": "bigint",
    "data_through": "timestamp",
    "held_landings": "bigint",
}
VERDICT = {
    **dict.fromkeys(("feed", "landing_id", "verdict", "given_by", "why"), "varchar"),
    "seq": "integer",
    "given_at": "timestamp",
}
FINDING = {
    **dict.fromkeys(
        ("feed", "change", "code", "subject", "severity", "sentence", "sentence_zh", "todo", "todo_zh", "detail",
         "detail_zh", "what", "channel"), "varchar",
    ),
    "seq": "integer",
    "noted_at": "timestamp",
    "since_at": "timestamp",
}  # fmt: skip
REASON = {
    **dict.fromkeys(("feed", "landing_id"), "varchar"),
    "seq": "integer",
    **dict.fromkeys(("check_code", "severity", "owner", "sentence", "sentence_zh"), "varchar"),
    "observed": "double",
}
LINK_ACT = {
    "act_no": "bigint",
    **dict.fromkeys(("act", "feed", "stream_key", "other_feed", "other_key", "given_by", "why"), "varchar"),
    "given_at": "timestamp",
}
FEED_FORM = {
    **dict.fromkeys(("feed", "filled_by"), "varchar"),
    **dict.fromkeys(("field_count", "required_count"), "bigint"),
    "admission_number": "varchar",
    "admission_expires_on": "date",
}
FEED_EVENT_TYPE = {"feed": "varchar", "event_type": "varchar"}
MOUNT = {
    "log_version": "varchar",
    "clock_at": "timestamp",
    **dict.fromkeys(("city", "time_zone", "unified_scheme"), "varchar"),
}


def utc(wall: str) -> datetime:
    """The UTC time of a Shanghai wall time, `YYYY-MM-DD HH:MM`, or `YYYY-MM-DD` for its midnight."""
    return datetime.fromisoformat(wall) - OFFSET


def wall(moment: datetime | None) -> str | None:
    """The Shanghai wall time of a naive UTC time, to the minute."""
    return None if moment is None else (moment + OFFSET).strftime("%Y-%m-%d %H:%M")


@dataclass(frozen=True)
class Delivery:
    """One visible landing of a feed."""

    feed: str
    network: str
    observed_at: datetime
    batch_id: str


@dataclass
class MountedLog:
    """Collects rows and writes them as a DuckDB file."""

    clock: str
    unified_scheme: str = "unit"
    events: list[dict[str, Any]] = field(default_factory=list)
    landings: list[dict[str, Any]] = field(default_factory=list)
    rejections: list[dict[str, Any]] = field(default_factory=list)
    feeds: dict[str, dict[str, Any]] = field(default_factory=dict)
    forms: dict[str, dict[str, Any]] = field(default_factory=dict)
    verdicts: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    reasons: list[dict[str, Any]] = field(default_factory=list)
    link_acts: list[dict[str, Any]] = field(default_factory=list)

    def feed(self, feed: str, network: str, mode: str = "upsert", cadence_seconds: int = 86400) -> None:
        """Declare a feed of the city; one that never delivers stands in the log all the same."""
        self.feeds[feed] = {
            "feed": feed, "network": network, "title": feed, "mode": mode, "owner_office": f"office of {feed}",
            "cadence_seconds": cadence_seconds, "data_through": None, "held_landings": 0,
        }  # fmt: skip
        self.forms[feed] = {
            "feed": feed, "filled_by": "system", "field_count": 4, "required_count": 1,
            "admission_number": None, "admission_expires_on": None,
        }  # fmt: skip

    def typed(self, feed: str, by: str, number: str | None = None, expires: date | None = None) -> None:
        """Say who fills a feed in, and under which admission."""
        self.forms[feed] |= {"filled_by": by, "admission_number": number, "admission_expires_on": expires}

    def deliver(
        self, feed: str, observed: str, rejected: int = 0, verdict: str = "pass", broken: dict[str, float] | None = None
    ) -> Delivery:
        """A delivery as of a wall time, and the checks that it broke; where the gate holds it, nothing may be told."""
        told = self.feeds[feed]
        moment = utc(observed)
        delivery = Delivery(feed, told["network"], moment, f"{feed}-{len(self.landings):04d}")
        self.judge(feed, delivery.batch_id, verdict, broken or {}, observed)
        if verdict == "pass":
            told["data_through"] = max(told["data_through"] or moment, moment)
        self.landings.append(
            {
                "feed": feed, "network": told["network"], "batch_id": delivery.batch_id,
                "landing_id": delivery.batch_id, "attempt_id": delivery.batch_id,
                "batch_name": delivery.batch_id, "verdict": verdict,
                "observed_at": moment, "landed_at": moment, "fetched": rejected, "recorded": 0, "duplicate": 0,
                "rejected": rejected, "filtered": 0, "seq": len(self.landings), "contract_version": 1,
                "visible": verdict == "pass",
            }
        )  # fmt: skip
        return delivery

    def note(
        self, feed: str, change: str, code: str, at: str, subject: str = "", since: str = "", what: str = ""
    ) -> None:
        """A note of the watch at a wall time: `change` is opened, told (of `what`) or closed."""
        seq = sum(row["feed"] == feed for row in self.findings) + 1
        words = dict.fromkeys(("sentence", "sentence_zh", "todo", "todo_zh", "detail", "detail_zh"), code)
        self.findings.append(
            {
                "feed": feed, "change": change, "code": code, "subject": subject, "severity": "alert", "what": what,
                "channel": "mail", "seq": seq, "noted_at": utc(at), "since_at": utc(since) if since else None, **words,
            }
        )  # fmt: skip

    def link(self, act: str, one: tuple[str, str], another: tuple[str, str], at: str) -> None:
        """What a person says of two cases (feed, key) at a wall time: linked, unlinked or withdrawn."""
        self.link_acts.append(
            {
                "act_no": len(self.link_acts) + 1, "act": act, "feed": one[0], "stream_key": one[1],
                "other_feed": another[0], "other_key": another[1], "given_by": "desk", "why": "", "given_at": utc(at),
            }
        )  # fmt: skip

    def judge(
        self,
        feed: str,
        landing: str,
        verdict: str,
        broken: dict[str, float],
        at: str,
        by: str = "gate",
        why: str = "",
    ) -> None:
        """A judgement at a wall time; `broken` has what was observed by check."""
        seq = sum(row["feed"] == feed for row in self.verdicts) + 1
        self.verdicts.append(
            {
                "feed": feed, "landing_id": landing, "verdict": verdict, "given_by": by, "why": why, "seq": seq,
                "given_at": utc(at),
            }
        )  # fmt: skip
        self.reasons += [
            {
                "feed": feed, "landing_id": landing, "seq": seq, "check_code": code,
                "severity": "hold" if verdict == "held" else "warn", "owner": f"office of {feed}", "observed": observed,
                "sentence": code, "sentence_zh": code,
            }
            for code, observed in broken.items()
        ]  # fmt: skip
        for row in self.landings:
            if row["landing_id"] == landing:
                row["verdict"] = verdict

    def tell(
        self,
        delivery: Delivery,
        key: str,
        event_type: str,
        at: str,
        *,
        line: int = 1,
        identity: str = "once",
        stream_type: str = "case",
        recorded: str | None = None,
        **columns: Any,
    ) -> None:
        """One event row; `once` events of a stream and type are one fact, `each` are told apart by their moment."""
        moment = utc(at)
        named = [delivery.feed, stream_type, key, event_type, *([moment.isoformat()] if identity == "each" else [])]
        row: dict[str, Any] = dict.fromkeys(EVENT)
        row |= {
            "event_id": hashlib.sha256("|".join(named).encode()).hexdigest()[:32],
            "identity": identity, "stream_type": stream_type, "stream_key": key, "event_type": event_type,
            "event_version": 1, "occurred_at": moment, "observed_at": delivery.observed_at,
            "recorded_at": utc(recorded) if recorded else delivery.observed_at, "landed_at": delivery.observed_at,
            "feed": delivery.feed, "network": delivery.network, "batch_id": delivery.batch_id,
            "landing_id": delivery.batch_id, "attempt_id": delivery.batch_id, "line": line,
            "source_ref": f"{delivery.batch_id}:{line}", "record_key": key, "attributes": "{}",
        } | columns  # fmt: skip
        content = json.dumps([at, columns], sort_keys=True, ensure_ascii=False)
        row["content_hash"] = hashlib.sha256(content.encode()).hexdigest()[:32]
        row["record_hash"] = columns.get("record_hash", row["content_hash"])
        self.events.append(row)

    def list_items(self, feed: str, observed: str, items: dict[str, str], began: str) -> None:
        """A snapshot delivery that lists items with their content, all begun at one wall time."""
        delivery = self.deliver(feed, observed)
        self.tell(
            delivery, feed, "snapshot_taken", observed, line=0, identity="each", stream_type="snapshot", record_key=None
        )
        for line, (key, content) in enumerate(sorted(items.items()), start=1):
            self.tell(
                delivery, key, "item_observed", began, line=line, identity="each", stream_type="outage",
                record_hash=content, attributes=json.dumps({"content": content}),
            )  # fmt: skip

    def state(self, delivery: Delivery, table: str, key: str, valid_from: str, **fields: Any) -> None:
        """A reference statement, as a reference feed lands it."""
        self.tell(
            delivery,
            f"{key}|{valid_from}",
            "reference_stated",
            valid_from,
            line=len(self.events) + 1,
            stream_type=f"reference:{table}",
            attributes=json.dumps({**fields, "valid_from": valid_from}, ensure_ascii=False),
        )

    def _told_types(self) -> list[dict[str, Any]]:
        """What each feed tells, as if its contract named just the event types that it told."""
        told = sorted({(event["feed"], event["event_type"]) for event in self.events})
        return [{"feed": feed, "event_type": event_type} for feed, event_type in told]

    def write(self, path: Path) -> None:
        """Write the file; counts of the landings are made to balance with what was told."""
        lines: dict[str, set[int]] = {}
        for event in self.events:
            # a list is no record of its own, nor is an item that could not be understood
            if event["event_type"] != "snapshot_taken" and event["record_hash"] != "unreadable":
                lines.setdefault(event["batch_id"], set()).add(event["line"])
        for landing in self.landings:
            landing["recorded"] = len(lines.get(landing["batch_id"], ()))
            landing["fetched"] = landing["recorded"] + landing["rejected"]
        mount = {
            "log_version": "story", "clock_at": utc(self.clock), "city": "story", "time_zone": TIME_ZONE,
            "unified_scheme": self.unified_scheme,
        }  # fmt: skip
        tables: list[tuple[str, dict[str, str], list[dict[str, Any]]]] = [
            ("event", EVENT, self.events), ("landing", LANDING, self.landings),
            ("rejection", REJECTION, self.rejections), ("feed", FEED, list(self.feeds.values())),
            ("feed_form", FEED_FORM, list(self.forms.values())),
            ("feed_event_type", FEED_EVENT_TYPE, self._told_types()), ("mount", MOUNT, [mount]),
            ("verdict", VERDICT, self.verdicts), ("verdict_reason", REASON, self.reasons),
            ("finding", FINDING, self.findings), ("link_act", LINK_ACT, self.link_acts),
        ]  # fmt: skip
        with duckdb.connect(str(path)) as connection:
            connection.execute("create schema log")
            for name, columns, rows in tables:
                told = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
                connection.execute(f"create table log.{name} ({told})")
                if rows:
                    marks = ", ".join("?" * len(columns))
                    values = [[row[column] for column in columns] for row in rows]
                    connection.execute("begin")
                    connection.executemany(f"insert into log.{name} values ({marks})", values)
                    connection.execute("commit")


def days_between(first: str, last: str) -> list[date]:
    """The dates from the first to the last, both included."""
    begin, end = date.fromisoformat(first), date.fromisoformat(last)
    return [begin + timedelta(days=number) for number in range((end - begin).days + 1)]
