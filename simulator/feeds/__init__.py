"""What each centre tells of the world, in its own words, and how it reaches the district.

One module a feed: its columns stand in the docstring, CHANNEL says how they travel, and a function of the module's name
makes the ledgers of a block. The reference data have a module of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from simulator.feeds import (
    city_management_actions,
    city_management_cases,
    gas_notices,
    gas_repairs,
    governance_admissions,
    governance_applications,
    governance_deliberations,
    governance_disputes,
    governance_inspections,
    governance_meetings,
    governance_operations,
    governance_patrols,
    governance_ratings,
    governance_requests,
    governance_routing,
    governance_supervisions,
    governance_visits,
    governance_volunteering,
    governance_whistles,
    heat_repairs,
    hotline_callbacks,
    hotline_orders,
    hotline_transfers,
    police_counts,
    police_incidents,
    police_link,
    power_outages,
    power_repairs,
    water_notices,
    water_repairs,
)
from simulator.feeds.channel import Channel
from simulator.happenings.world import Block
from simulator.ledger import Ledger


@dataclass(frozen=True)
class Feed:
    """One feed. make: the ledgers of a block, to be joined."""

    network: str
    make: Callable[[Block], list[Ledger]]
    channel: Channel


FEEDS: Mapping[str, Feed] = MappingProxyType(
    {
        module.__name__.rpartition(".")[2]: Feed(network, getattr(module, module.__name__.rpartition(".")[2]), channel)
        for network, module, channel in (
            ("public_security", police_incidents, police_incidents.CHANNEL),
            ("public_security", police_counts, police_counts.CHANNEL),
            ("public_security", police_link, police_link.CHANNEL),
            ("city_management", city_management_cases, city_management_cases.CHANNEL),
            ("city_management", city_management_actions, city_management_actions.CHANNEL),
            ("water", water_repairs, water_repairs.CHANNEL),
            ("water", water_notices, water_notices.CHANNEL),
            ("power", power_outages, power_outages.CHANNEL),
            ("power", power_repairs, power_repairs.CHANNEL),
            ("gas", gas_repairs, gas_repairs.CHANNEL),
            ("gas", gas_notices, gas_notices.CHANNEL),
            ("heat", heat_repairs, heat_repairs.CHANNEL),
            ("governance_centre", governance_disputes, governance_disputes.CHANNEL),
            ("governance_centre", governance_visits, governance_visits.CHANNEL),
            ("governance_centre", governance_patrols, governance_patrols.CHANNEL),
            ("governance_centre", governance_whistles, governance_whistles.CHANNEL),
            ("governance_centre", governance_supervisions, governance_supervisions.CHANNEL),
            ("governance_centre", governance_meetings, governance_meetings.CHANNEL),
            ("governance_centre", governance_applications, governance_applications.CHANNEL),
            ("governance_centre", governance_routing, governance_routing.CHANNEL),
            ("hotline", hotline_orders, hotline_orders.CHANNEL),
            ("hotline", hotline_callbacks, hotline_callbacks.CHANNEL),
            ("hotline", hotline_transfers, hotline_transfers.CHANNEL),
            ("governance_centre", governance_requests, governance_requests.CHANNEL),
            ("governance_centre", governance_deliberations, governance_deliberations.CHANNEL),
            ("governance_centre", governance_ratings, governance_ratings.CHANNEL),
            ("governance_centre", governance_admissions, governance_admissions.CHANNEL),
            ("governance_centre", governance_operations, governance_operations.CHANNEL),
            ("governance_centre", governance_inspections, governance_inspections.CHANNEL),
            ("governance_centre", governance_volunteering, governance_volunteering.CHANNEL),
        )
    }
)
