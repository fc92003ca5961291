"""The centres as real servers on loopback: each tells, up to a moment, what its ledgers say."""

from simulator.servers.centres import Centres

__all__ = ["Centres"]
