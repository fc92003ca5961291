"""The daily rounds of the grid workers: on which day, in which grid, by whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.feeds.chance import Chance
from simulator.happenings.world import Block
from simulator.people import People, person_of

_WORKERS = 1 << 40  # tokens of grid workers, apart from those of callers


@dataclass(frozen=True)
class Rounds:
    """Entry i of each array is round i.

    ids: whole numbers, not below 0. day: of the world's clock. grid, community: codes of that day's unit grid.
    """

    ids: np.ndarray
    day: np.ndarray
    grid: np.ndarray
    community: np.ndarray


def rounds(block: Block, chance: Chance, times: int, share: float, weekends: float = 1.0) -> Rounds:
    """The rounds of a block.

    Inputs: rounds planned a grid and day; the share of them that are made; that share's factor on weekends.
    """
    grids = block.district.grid_versions
    grids = grids[grids["scheme"] == "unit"].reset_index(drop=True)
    days = np.arange(block.first_day, block.last_day, dtype=np.int64)
    stands = (days[:, None] >= grids["from_day"].to_numpy()) & (days[:, None] < grids["to_day"].to_numpy())
    row_of_day, grid = np.nonzero(stands)
    ids = (((days[row_of_day] * len(grids)) + grid)[:, None] * times + np.arange(times)).ravel()
    resting = np.array([block.plan.day_of(int(day) * 86_400).weekday() >= 5 for day in days])[row_of_day]
    chosen = chance.roll(ids, "made") < np.repeat(np.where(resting, share * weekends, share), times)
    ids = ids[chosen]
    grid = ids // times % len(grids)
    return Rounds(
        ids=ids,
        day=ids // times // len(grids),
        grid=grids["grid_code"].to_numpy(dtype=object)[grid],
        community=grids["community_code"].to_numpy(dtype=object)[grid],
    )


def workers(grid: np.ndarray) -> tuple[People, np.ndarray]:
    """The grid workers of unit grids (15-digit codes) and their own numbers: one worker a grid."""
    numbers = grid.astype(np.int64)
    return person_of(numbers + _WORKERS), "WG" + (numbers % 10**9).astype(str).astype(object)
