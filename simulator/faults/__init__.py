"""What goes wrong, switched on by name and rate in Plan.faults, and counted: in ledgers, in files, on the line."""

from simulator.faults.files import spoil
from simulator.faults.registry import FAULTS, Fault, checked, every
from simulator.faults.rows import plant
from simulator.faults.transport import Transport, transport

__all__ = ["FAULTS", "Fault", "Transport", "checked", "every", "plant", "spoil", "transport"]
