"""Everything that the centres of a plan ever tell: a ledger a feed, with the plan's faults planted."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from simulator.faults import plant
from simulator.feeds import FEEDS
from simulator.feeds import reference as bureau
from simulator.feeds.channel import Channel
from simulator.happenings.world import World
from simulator.ledger import Ledger, joined

CHANNELS: dict[str, Channel] = {
    **bureau.CHANNELS,
    **{name: feed.channel for name, feed in FEEDS.items()},
}


def reference_ledgers(world: World) -> dict[str, Ledger]:
    """The reference data, told from the evening before the world begins; no fault is planted in them."""
    return {ledger.feed: ledger for ledger in bureau.reference(world.district)}


def told_by_block(world: World, feeds: Collection[str] = FEEDS) -> Iterator[dict[str, Ledger]]:
    """Block after block, what each of these feeds tells of it; what one block tells reaches into the next ones."""
    for number in world.blocks:
        block = world.block(number)
        found = {}
        for name, feed in FEEDS.items():
            if name not in feeds:
                continue
            ledger = joined(feed.make(block))
            found[name] = plant(world.plan, ledger, feed.channel, number)
        yield found


def told(world: World) -> dict[str, Ledger]:
    """All of it at once, for plans that fit into memory."""
    blocks = list(told_by_block(world))
    return reference_ledgers(world) | {name: joined([block[name] for block in blocks]) for name in FEEDS}
