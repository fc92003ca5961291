"""The book of the watch: an append-only chain of each feed that says what was found, told and mended, and when.

Records: `opened` (with what was seen), `closed` and `told` (by which channel). A finding stands open from its `opened`
to its `closed`; while it is open nobody is told twice. The chains lie beside those of receipts and verdicts in the log.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from ingest.chain import Record
from ingest.home import Home
from ingest.log import Log
from watch.finding import Finding

Key = tuple[str, str]


class Book:
    """The findings of one home."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.chains = Log(home).watch_chains

    def open_findings(self, feed: str) -> dict[Key, Record]:
        """(code, subject) → the record that opened it, for what stands open at a feed."""
        found: dict[Key, Record] = {}
        for record in self.chains.of(feed).records():
            key = (record["code"], record["subject"])
            if record["change"] == "opened":
                found[key] = record
            elif record["change"] == "closed":
                found.pop(key, None)
        return found

    def last_over(self, feed: str, key: Key) -> datetime | None:
        """When a finding was over for the last time, UTC; None where it never was."""
        ends = [
            r["at"]
            for r in self.chains.of(feed).records()
            if (r["change"], r["code"], r["subject"]) == ("closed", *key)
        ]
        return datetime.fromisoformat(ends[-1]) if ends else None

    def note(
        self, feed: str, found: Iterable[Finding], looked_for: Callable[[Key], bool]
    ) -> tuple[list[Record], list[Record]]:
        """Record what is new and what is over; returns (opened, closed).

        Of what was looked for (by code and subject), what stands open and was not found again is over.
        """
        now = self.home.now().isoformat()
        standing = self.open_findings(feed)
        current = {finding.key: finding for finding in found}
        opened = [
            self._append(
                feed, "opened", finding.key, now,
                {
                    "severity": finding.kind.severity,
                    "sentence": finding.kind.en,
                    "sentence_zh": finding.kind.zh,
                    "todo": finding.kind.todo,
                    "todo_zh": finding.kind.todo_zh,
                    "since": finding.since.isoformat(),
                    "detail": finding.detail,
                    "detail_zh": finding.detail_zh,
                },
            )
            for key, finding in sorted(current.items())
            if key not in standing
        ]  # fmt: skip
        closed = [
            self._append(feed, "closed", key, now, {})
            for key in sorted(standing)
            if looked_for(key) and key not in current
        ]
        return [record for record in opened if record], [record for record in closed if record]

    def untold(self, feed: str) -> tuple[list[Record], list[Record]]:
        """What an owner has not heard yet: alerts that stand open, and ends of those that were told."""
        told: set[tuple[Key, str]] = set()
        opened: dict[Key, Record] = {}
        ended: dict[Key, Record] = {}
        for record in self.chains.of(feed).records():
            key = (record["code"], record["subject"])
            if record["change"] == "opened":
                told.discard((key, "opened"))
                opened[key] = record
                ended.pop(key, None)
            elif record["change"] == "told":
                told.add((key, record["what"]))
                if record["what"] == "closed":
                    ended.pop(key, None)
            else:
                opened.pop(key, None)
                if (key, "opened") in told:
                    ended[key] = record
        news = [r for key, r in opened.items() if r["severity"] == "alert" and (key, "opened") not in told]
        return news, list(ended.values())

    def told(self, feed: str, records: Iterable[Record], channel: str) -> None:
        """Note that the owner was told of these records."""
        now = self.home.now().isoformat()
        for record in records:
            what = {"what": record["change"], "channel": channel}
            self._append(feed, "told", (record["code"], record["subject"]), now, what)

    def _append(self, feed: str, change: str, key: Key, at: str, more: Record) -> Record | None:
        body = {"feed": feed, "change": change, "code": key[0], "subject": key[1], "at": at, **more}

        def is_so_already(records: list[Record]) -> bool:
            mine = [r for r in records if (r["code"], r["subject"]) == key and r["change"] != "told"]
            return change != "told" and (mine[-1]["change"] if mine else "closed") == change

        chain = self.chains.of(feed)
        return None if is_so_already(chain.records()) else chain.append_unless(lambda _: body, lambda _: False)


def since_of(record: Record) -> datetime:
    """When what a record opened began, UTC."""
    return datetime.fromisoformat(record["since"])
