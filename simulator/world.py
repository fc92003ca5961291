"""What truly happens in the district: incidents with a kind, a moment and a place.

Times are whole seconds from START, the local midnight (Asia/Shanghai) on which the month begins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simulator.district import DISTRICT_NAME, STREETS, District, community_name, estate, roads, street_of

START = np.datetime64("2026-10-05T00:00:00")
DAYS = 30
DAY, HOUR, MINUTE = 86_400, 3_600, 60


@dataclass(frozen=True)
class Kind:
    """A kind of incident: how often a day, at which hours, and which centre files it (code, chance)."""

    name: str
    rate: float
    hours: str  # day | evening | night | any
    words: str
    police: tuple[str, float] = ("", 0.0)
    city: tuple[str, float] = ("", 0.0)
    water: str = ""
    dispute: str = ""
    hotline: float = 0.0
    power: bool = False
    indoors: bool = False


KINDS = (
    Kind("暴露垃圾", 2.6, "day", "路边堆着没有入桶的生活垃圾", city=("0110", 0.95), hotline=0.25),
    Kind("道路不洁", 2.2, "day", "路面有泥水和落叶没有清扫", city=("0112", 1.0), hotline=0.1),
    Kind("道路破损", 1.2, "day", "路面坑洼开裂，骑车容易摔倒", city=("0113", 0.95), hotline=0.3),
    Kind("乱堆物堆料", 1.1, "day", "人行道上堆放建材", city=("0136", 1.0), hotline=0.2),
    Kind("非机动车乱停放", 2.2, "day", "电动车停满人行道", city=("0410", 0.95), hotline=0.2),
    Kind("机动车乱停放", 1.6, "any", "小汽车停在人行道上", city=("0409", 0.9), hotline=0.4),
    Kind("占道经营", 1.8, "evening", "摊位占了半条路", ("600600", 0.4), ("0406", 0.8), hotline=0.3),
    Kind("店外经营", 1.8, "day", "店家把货架摆到门外", city=("0405", 1.0), hotline=0.15),
    Kind("无照经营游商", 1.6, "evening", "流动商贩聚在路口叫卖", ("600600", 0.3), ("0401", 0.9), hotline=0.2),
    Kind("非法小广告", 1.3, "day", "电线杆上贴满小广告", city=("0201", 1.0)),
    Kind("施工扰民", 1.2, "night", "工地夜间还在打桩，吵得睡不着", ("600900", 0.6), ("0301", 0.6), hotline=0.7),
    Kind("工地扬尘", 0.6, "day", "工地没有洒水，尘土飞扬", ("600900", 0.2), ("0304", 0.9), hotline=0.3),
    Kind("占用消防通道", 0.6, "evening", "消防通道被车辆堵住", city=("0496", 0.8), hotline=0.4),
    Kind("露天烧烤", 0.6, "evening", "路边露天烧烤，油烟很大", ("600600", 0.5), ("0129", 0.8), hotline=0.3),
    Kind("私搭乱建", 0.4, "day", "有人在楼顶搭棚子", city=("0101", 0.9), hotline=0.5),
    Kind(
        "供水管道破裂",
        1.5,
        "any",
        "地下水管爆裂，水往外涌",
        ("601300", 0.5),
        ("0501", 0.5),
        "W01",
        hotline=0.5,
    ),
    Kind("道路积水", 0.5, "any", "低洼处积水过脚面", ("601300", 0.1), ("0506", 0.9), hotline=0.3),
    Kind("排水管道堵塞破裂", 0.8, "any", "污水从井口冒出来", city=("0503", 0.8), hotline=0.4),
    Kind("架空线缆脱落", 0.5, "any", "一根线缆垂到路面", ("600200", 0.5), ("0508", 0.8), hotline=0.2),
    Kind("水压不足", 2.2, "evening", "水龙头出水很小", water="W02", hotline=0.3, indoors=True),
    Kind("停水", 2.2, "any", "家里突然没有水", ("601300", 0.1), water="W03", hotline=0.4, indoors=True),
    Kind("水表故障", 2.0, "day", "水表不走字", water="W04", indoors=True),
    Kind("水质浑浊", 0.8, "day", "放出来的水发黄", water="W05", hotline=0.4, indoors=True),
    Kind("停电", 3.2, "any", "整幢楼没有电", ("600200", 0.6), hotline=0.5, power=True, indoors=True),
    Kind("走失", 4.0, "any", "家中老人出门后没有回来", ("500100", 1.0)),
    Kind("开锁", 7.0, "any", "钥匙锁在屋里进不去门", ("500300", 1.0), indoors=True),
    Kind("险情", 3.0, "any", "楼道里闻到很浓的燃气味", ("500500", 1.0), indoors=True),
    Kind("劳动纠纷", 3.2, "day", "做完工拿不到工钱", ("600300", 0.8), dispute="08", hotline=0.2),
    Kind("民政救助", 3.0, "any", "有人在桥下过夜，请帮助安置", ("601200", 1.0)),
    Kind("安全生产", 1.5, "day", "车间电线裸露没有人管", ("601500", 1.0)),
    Kind("环境污染", 2.0, "any", "河边有人倒废水", ("600900", 0.9), hotline=0.3),
    Kind("邻里纠纷", 1.8, "evening", "楼上漏水两家吵了起来", dispute="17", indoors=True),
    Kind("物业纠纷", 1.6, "day", "物业涨价没有征求意见", dispute="12", hotline=0.5, indoors=True),
    Kind("婚姻家庭", 1.0, "any", "夫妻为家事争执", dispute="16", indoors=True),
    Kind("损害赔偿", 0.7, "day", "被撞坏的围墙没有人赔", dispute="24"),
    Kind("消费纠纷", 0.9, "day", "预付卡退不了钱", dispute="13", hotline=0.5),
)
_HOURS = {  # chance of each hour of the day, before it is brought to one
    "day": [0, 0, 0, 0, 0, 0, 1, 3, 6, 7, 7, 5, 3, 4, 6, 6, 5, 4, 2, 1, 1, 0, 0, 0],
    "evening": [0, 0, 0, 0, 0, 0, 2, 2, 1, 1, 1, 2, 2, 1, 1, 2, 4, 7, 8, 8, 6, 4, 2, 1],
    "night": [5, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 2, 3, 4, 7, 9, 8],
    "any": [2, 1, 1, 1, 1, 2, 4, 6, 7, 6, 6, 5, 5, 5, 5, 5, 6, 7, 7, 6, 6, 5, 4, 3],
}


@dataclass(frozen=True)
class Incidents:
    """Column-wise incidents in order of time."""

    kind: np.ndarray
    at: np.ndarray
    grid: np.ndarray
    u: np.ndarray
    v: np.ndarray
    lon: np.ndarray
    lat: np.ndarray
    road: np.ndarray
    room: np.ndarray

    def chosen(self, chance: np.ndarray, random: np.random.RandomState) -> np.ndarray:
        """Positions of the incidents that a centre hears of, by a chance for each kind."""
        return np.flatnonzero(random.random_sample(len(self.at)) < chance[self.kind])


def happen(random: np.random.RandomState, district: District) -> Incidents:
    """Thirty days of incidents."""
    counts = np.round(np.array([kind.rate for kind in KINDS]) * DAYS).astype(int)
    kind = np.repeat(np.arange(len(KINDS)), counts)
    count = len(kind)
    at = random.randint(0, DAYS, count) * DAY + _hours(random, kind) * HOUR + random.randint(0, HOUR, count)
    grid = random.randint(0, len(district.grids), count)
    u, v = (0.04 + 0.92 * random.random_sample(count) for _ in range(2))
    lon, lat = district.point(grid, u, v)
    road, room = _addresses(random, district, grid)
    order = np.argsort(at, kind="stable")
    columns = (kind, at, grid, u, v, lon, lat, road, room)
    return Incidents(*(column[order] for column in columns))


def local(at: np.ndarray) -> np.ndarray:
    """Seconds of the world's clock as local ISO texts `YYYY-MM-DDTHH:MM:SS`; negative seconds give ''."""
    text = (START + np.where(at < 0, 0, at).astype("timedelta64[s]")).astype(str).astype(object)
    return np.where(at < 0, "", text).astype(object)


def spaced(at: np.ndarray) -> np.ndarray:
    """Like `local`, with a space in the middle: the way that most source systems print a time."""
    return np.array([text.replace("T", " ") for text in local(at)], dtype=object)


def into_office_hours(at: np.ndarray, random: np.random.RandomState) -> np.ndarray:
    """Moments outside 08:00-18:00 move to the next morning between 08:00 and 10:30."""
    hour = at % DAY // HOUR
    morning = at // DAY * DAY + 8 * HOUR + random.randint(0, 150 * MINUTE, len(at))
    return np.where(hour < 8, morning, np.where(hour >= 18, morning + DAY, at))


def _hours(random: np.random.RandomState, kind: np.ndarray) -> np.ndarray:
    weights = np.array([_HOURS[one.hours] for one in KINDS], dtype=float)
    ladder = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    return np.minimum((random.random_sample(len(kind))[:, None] >= ladder[kind]).sum(axis=1), 23)


def _addresses(random: np.random.RandomState, district: District, grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Road with house number, and estate down to the room, for each grid position."""
    community = np.array([one.community for one in district.grids])[grid]
    numbers = random.randint(1, 400, (len(grid), 5))
    road, room = [], []
    for place, (house, choice, block, unit, door) in zip(community.tolist(), numbers.tolist(), strict=True):
        names = roads(place)
        head = f"{DISTRICT_NAME}{STREETS[street_of(place)]}"
        road.append(f"{head}{names[choice % len(names)]}{house}号")
        floor, side = door % 11 + 1, door % 4 + 1
        flat = f"{block % 28 + 1}幢{unit % 4 + 1}单元{floor}{side:02d}室"
        room.append(f"{head}{community_name(place)}{estate(place)}{flat}")
    return np.array(road, dtype=object), np.array(room, dtype=object)
