"""The front-end database (前置库) of city management: tables of current rows, and logs to which rows are only added.

SQLite in a file where nothing else is at hand; any SQLAlchemy URL otherwise. The column of the last change is a
timestamp without zone, numbers are numbers, all else is text, as the centre's clerks left it.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import sqlalchemy as sa

from simulator.feeds.channel import Table
from simulator.ledger import Ledger

_STAMP = "%Y-%m-%d %H:%M:%S"


class FrontDatabase:
    """The tables, brought up to a moment by `move`."""

    def __init__(self, url: str, tables: dict[str, tuple[Table, Ledger]]) -> None:
        self._engine = sa.create_engine(url)
        self._metadata = sa.MetaData()
        self._tables = [
            (channel, ledger, self._table(channel, ledger))
            for channel, ledger in (tables[feed] for feed in sorted(tables))
        ]
        self._now = -1
        self._metadata.drop_all(self._engine)
        self._metadata.create_all(self._engine)

    def _table(self, channel: Table, ledger: Ledger) -> sa.Table:
        columns = [sa.Column(name, _type(name, ledger, channel)) for name in ledger.rows.columns]
        index = sa.Index(f"ix_{channel.name}_changed", channel.updated, ledger.key)
        return sa.Table(channel.name, self._metadata, *columns, index)

    def move(self, now: int) -> None:
        """Tell everything up to second `now` of the world's clock, each table in one transaction."""
        for channel, ledger, table in self._tables:
            fresh = ledger.told_between(self._now, now)
            if not len(fresh):
                continue
            with self._engine.begin() as connection:
                if not channel.append:
                    fresh = self._replace(connection, table, fresh, channel)
                if len(fresh):
                    connection.execute(sa.insert(table), _records(fresh.rows, channel))
        self._now = now

    def _replace(self, connection: sa.Connection, table: sa.Table, fresh: Ledger, channel: Table) -> Ledger:
        """Take the former versions of these records away; what is to be put in their place."""
        newest = fresh.take(~fresh.rows[fresh.key].duplicated(keep="last").to_numpy())
        key = table.c[fresh.key]
        keys = newest.rows[fresh.key].tolist()
        for begin in range(0, len(keys), 500):
            connection.execute(sa.delete(table).where(key.in_(keys[begin : begin + 500])))
        if not channel.tombstone:
            return newest.take(~newest.gone)
        marked = newest.rows.copy()
        marked[channel.tombstone] = np.where(newest.gone, "1", marked[channel.tombstone])
        newest.rows[channel.tombstone] = marked[channel.tombstone]
        return newest

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()


def _type(name: str, ledger: Ledger, channel: Table) -> sa.types.TypeEngine[object]:
    if name == channel.updated:
        return sa.DateTime()
    if name == ledger.key:
        return sa.String(100)
    if pd.api.types.is_integer_dtype(ledger.rows[name]):
        return sa.BigInteger()
    if pd.api.types.is_float_dtype(ledger.rows[name]):
        return sa.Float(53)
    return sa.Text()  # forty long columns in a row are more than MariaDB takes otherwise


def _records(rows: pd.DataFrame, channel: Table) -> list[dict[str, object]]:
    plain = rows.astype(object).where(rows.notna(), None)
    plain[channel.updated] = [datetime.strptime(text, _STAMP) for text in plain[channel.updated]]
    return [{str(name): value for name, value in row.items()} for row in plain.to_dict("records")]
