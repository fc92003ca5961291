"""问题发现: what each channel and device finds, who is first after linking, and how far patrols reach."""

from reporting.site.core import Counted, Measure, card, counted, sheet
from reporting.site.shell import Sheet, SitePage
from reporting.site.source import Source

_LEAD = (
    (
        "主动发现率按案件讲到的渠道计；首先发现按并案后的事件计，自有渠道漏报是首报来自别处、自有渠道从未讲到的事件。"
        "随手做当场处置，不立案，单列，不进任何率。应巡查天数算到已交数据中最后一个完整的一天。"
    ),
    (
        "Own discovery goes by the channel that a case tells; found first goes by incidents after linking, and what "
        "own channels missed are incidents that others told first and they never told. What is mended on the spot is "
        "no case, stands apart and is in no rate. Days to be patrolled reach to the last that is over in what was "
        "delivered."
    ),
)
_INDICATORS = ("own_discovery_rate", "patrols", "self_fixed")
_OWN, _EITHER = "channel_kind = 'own'", "channel_kind in ('own', 'public')"
_FOUND = (
    Measure("发现", "found", "sum(found)"),
    Measure("首先发现", "found first", "sum(found_first)", "sum(found)"),
    Measure("自有渠道漏报", "missed by own", "sum(missed_by_own)"),
    Measure("随手做", "mended on the spot", "sum(self_fixed)"),
)
_PLACES = (
    Measure("发现", "found", "sum(found)"),
    Measure(
        "主动发现率", "own discovery", f"coalesce(sum(found) filter (where {_OWN}), 0)",
        f"coalesce(sum(found) filter (where {_EITHER}), 0)",
    ),
    Measure(
        "自有首先发现", "first by own", f"coalesce(sum(found_first) filter (where {_OWN}), 0)",
        "sum(found_first)",
    ),
    Measure("自有渠道漏报", "missed by own", "sum(missed_by_own)"),
    Measure("随手做", "mended on the spot", "sum(self_fixed)"),
)  # fmt: skip
_WALKED = (
    Measure("巡查", "patrols", "sum(patrols)"),
    Measure("小时", "hours", "sum(patrol_seconds) // 3600"),
    Measure("上报", "handed on", "sum(found)"),
    Measure("每百次巡查上报", "handed on per hundred patrols", "100 * sum(found) // nullif(sum(patrols), 0)"),
    Measure("每百小时上报", "handed on per hundred hours", "360000 * sum(found) // nullif(sum(patrol_seconds), 0)"),
    Measure("自报处置", "mended, as told", "sum(fixed)"),
    Measure("巡查覆盖", "days covered", "sum(patrolled_days)", "sum(grid_days)"),
)


def make(source: Source) -> list[Sheet]:
    """The page mechanism_discovery.html."""
    if not source.has("rpt_discovery"):
        return []
    cards = [
        card(source, "发现", "Found", "rpt_discovery", what="coalesce(sum(found), 0)"),
        card(source, "自有渠道发现", "By own channels", f"rpt_discovery where {_OWN}", what="coalesce(sum(found), 0)"),
        card(source, "自有渠道漏报", "Missed by own", "rpt_discovery", "alarm", "coalesce(sum(missed_by_own), 0)"),
        card(source, "随手做", "Mended on the spot", "rpt_discovery", what="coalesce(sum(self_fixed), 0)"),
    ]
    tables: list[Counted | None] = [
        counted(source, "rpt_discovery", ("按渠道", "By channel"),
                [("channel_kind", "性质", "kind"), ("channel", "渠道", "channel")], _FOUND, order="sum(found) desc"),
        counted(source, "rpt_discovery", ("按设备", "By device"), [("device", "设备", "device")], _FOUND,
                where="device <> 'none'", order="sum(found) desc", limit=60,
                soft=("发现最多的 60 台", "the 60 that find most")),
        counted(source, "rpt_discovery", ("按社区", "By community"),
                [("month_on", "月份", "month"), ("community_code", "社区", "community")], _PLACES,
                where="community_code is not null", order="month_on desc"),
    ]  # fmt: skip
    if source.has("rpt_patrol"):
        tables += [
            counted(source, "rpt_patrol", ("巡查与覆盖，按社区", "Patrols and coverage, by community"),
                    [("month_on", "月份", "month"), ("community_code", "社区", "community")], _WALKED,
                    where="community_code is not null", order="month_on desc"),
            counted(source, "rpt_patrol", ("覆盖最少的网格", "Grids with the least coverage"),
                    [("month_on", "月份", "month"), ("grid_code", "网格", "grid")], _WALKED, where="grid_days > 0",
                    order="month_on desc, 1000 * sum(patrolled_days) // sum(grid_days)", limit=60),
        ]  # fmt: skip
    return sheet(source, "discovery", ("问题发现", "Discovery"), _LEAD, _INDICATORS, cards, tables)


PAGE = SitePage("mechanisms", make)
