"""How people put it: openings, places and complaints in many words, some of them lost on the line."""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulator.happenings.kinds import KINDS
from simulator.happenings.noise import Noise
from simulator.places.district import District
from simulator.places.places import Places

_OPENINGS = ("", "市民反映", "来电称", "群众反映", "巡查发现", "居民说")
_AT = ("", "在", "位于", "就在")
_BESIDE = ("附近", "旁边", "门口", "路口", "对面", "")
_ENDINGS = ("，请尽快处理", "，希望有人来看看", "，影响出行", "，已经好几天了", "，请核实", "，多次反映没有解决", "")
_MOST_DROPS = 3


def texts(
    noise: Noise,
    random: np.random.RandomState,
    district: District,
    kind: np.ndarray,
    places: Places,
    address: pd.Series,
) -> pd.Series:
    """One text a report.

    Inputs: index of the kind as told, the true place, the address as told. The place is named by its address, by its
    road alone, by its community, or not at all.
    """
    count = len(kind)

    def pick(pool: tuple[str, ...]) -> pd.Series:
        return pd.Series(np.array(pool, dtype=object)[random.randint(0, len(pool), count)], dtype="str")

    usual = random.random_sample(count) >= noise.paraphrase
    most = max(len(one.words) for one in KINDS)
    pool = np.array([[one.words[turn % len(one.words)] for turn in range(most)] for one in KINDS], dtype=object)
    turn = np.where(usual, 0, random.randint(0, most, count))
    said = pd.Series(pool[kind, turn], dtype="str")
    communities = district.communities["name"].to_numpy(dtype=object)[places.community]
    how = random.random_sample(count)
    where = address.where(how < 0.55, pd.Series(communities, dtype="str")).where(how < 0.85, "")
    where = where + pick(_BESIDE).where((how < 0.85) & ~usual, "")
    opening = pick(_OPENINGS) + pick(_AT).where(how < 0.85, "")
    ending = pick(_ENDINGS).where(random.random_sample(count) >= noise.omitted_suffix, "")
    return _lossy(noise, random, opening + where + said + ending)


def _lossy(noise: Noise, random: np.random.RandomState, text: pd.Series) -> pd.Series:
    """Some texts lose characters: as many as the share says, three at most."""
    lengths = text.str.len().to_numpy()
    drops = np.minimum(random.poisson(lengths * noise.dropped), _MOST_DROPS)
    for turn in range(_MOST_DROPS):
        hit = np.flatnonzero((drops > turn) & (lengths > turn + 4))
        if len(hit):
            spot = random.randint(0, lengths[hit] - turn)
            whole = text.iloc[hit].tolist()
            shorter = [one[:at] + one[at + 1 :] for one, at in zip(whole, spot.tolist(), strict=True)]
            text = text.copy()
            text.iloc[hit] = shorter
    return text
