"""How to read each feed's rows: which column tells which step of a life, in which form."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.truth.reading import COMPACT, EPOCH_MS, Reading
from simulator.truth.readings_cases import CASES
from simulator.truth.readings_ledgers import LEDGERS
from simulator.truth.readings_registers import REGISTERS

__all__ = ["COMPACT", "EPOCH_MS", "READINGS", "Reading"]

READINGS: Mapping[str, Reading] = {**CASES, **REGISTERS, **LEDGERS}
