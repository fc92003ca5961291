"""How badly the networks tell what happened, as fixed numbers. Later work may not change them: scores rest on them.

Each level has two worlds, one to develop on and one to score on: Plan.purpose picks the streams of numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Noise:
    """One level.

    gps_sigma_m: standard deviation of the told place by network, metres each way. outlier_share, outlier_m: reports by
    phone (110, 12345) that lie this much farther off. confusion: share of reports told under another kind, and of
    these the share across groups. paraphrase: chance that another wording than the usual one is used.
    omitted_suffix, dropped: share of texts without their last clause, and of characters lost. recurrence: share of
    incidents that are an earlier one again, `recurrence_days` later at the same place. sibling: share that is another
    of the same kind at `sibling_m` metres within a day. single: share of incidents told once. more: mean number of
    reports beyond the second of the others. outage_reports: (mean of the logarithm, its deviation, most).
    """

    gps_sigma_m: Mapping[str, float]
    outlier_share: float
    outlier_m: float
    confusion: float
    confusion_across: float
    paraphrase: float
    omitted_suffix: float
    dropped: float
    recurrence: float
    recurrence_days: tuple[int, int]
    sibling: float
    sibling_m: tuple[float, float]
    single: float
    more: float
    outage_reports: tuple[float, float, int]


def _sigma(scale: float) -> Mapping[str, float]:
    metres = {
        "city_management": 12.0, "governance_centre": 18.0, "gas": 20.0, "heat": 20.0, "water": 25.0, "power": 30.0,
        "public_security": 40.0, "hotline": 60.0,
    }  # fmt: skip
    return MappingProxyType({name: value * scale for name, value in metres.items()})


LEVELS: Mapping[str, Noise] = MappingProxyType(
    {
        "low": Noise(
            gps_sigma_m=_sigma(0.5), outlier_share=0.02, outlier_m=300.0, confusion=0.06, confusion_across=0.5,
            paraphrase=0.3, omitted_suffix=0.1, dropped=0.005, recurrence=0.22, recurrence_days=(4, 20), sibling=0.08,
            sibling_m=(90.0, 260.0), single=0.62, more=2.2, outage_reports=(2.25, 0.85, 60),
        ),
        "middle": Noise(
            gps_sigma_m=_sigma(1.0), outlier_share=0.06, outlier_m=300.0, confusion=0.15, confusion_across=0.5,
            paraphrase=0.6, omitted_suffix=0.3, dropped=0.02, recurrence=0.22, recurrence_days=(4, 20), sibling=0.08,
            sibling_m=(90.0, 260.0), single=0.62, more=2.2, outage_reports=(2.25, 0.85, 60),
        ),
        "high": Noise(
            gps_sigma_m=_sigma(2.0), outlier_share=0.12, outlier_m=500.0, confusion=0.30, confusion_across=0.5,
            paraphrase=0.9, omitted_suffix=0.5, dropped=0.06, recurrence=0.22, recurrence_days=(4, 20), sibling=0.08,
            sibling_m=(90.0, 260.0), single=0.62, more=2.2, outage_reports=(2.25, 0.85, 60),
        ),
    }
)  # fmt: skip
