"""Things that several networks tell of, with what people and numbers say of them: a log of its own."""

import json
from typing import Any

from tests.warehouse.mounted import Delivery, MountedLog

CLOCK = "2026-11-20 12:00"
CODES = (  # list, code, canonical name
    ("water_fault", "W01", "供水管道破裂"),
    ("hotline_local", "H401", "供水管道破裂"),
    ("hotline_local", "H411", "路灯不亮"),
    ("hotline_local", "H501", "物业纠纷"),
    ("city_list", "10999", "供水管道破裂"),
    ("city_list", "06010", "暴露垃圾"),
    ("city_list", "01032", "路灯不亮"),
)
LISTS = {"water": "water_fault", "hotline": "hotline_local", "city": "city_list", "police": "police_list"}
NETWORKS = {"water": "water", "hotline": "hotline", "city": "city_management", "police": "public_security"}
CHANNELS = {"water": "客服电话", "hotline": "电话", "city": "监督员上报", "police": "110"}
METRE = 1 / 111_320  # degrees of latitude


def incident_log() -> MountedLog:
    """The whole log."""
    log = MountedLog(clock=CLOCK)
    told: dict[str, Delivery] = {}
    for feed, network in (*NETWORKS.items(), ("police_link", "public_security"), ("transfers", "hotline")):
        log.feed(feed, network)
        told[feed] = log.deliver(feed, CLOCK)
    log.feed("ref_category", "reference", mode="reference")
    lists = log.deliver("ref_category", "2026-01-01 08:00")
    for code_set, code, name in CODES:
        log.state(
            lists, "category", f"{code_set}/{code}", "2026-01-01", code_set=code_set, kind="", category_code=code,
            major_code=code[:2], major_name=code[:2], minor_name=name, canonical_name=name, canonical_mapping="exact",
        )  # fmt: skip

    log.feed("ref_grid", "reference", mode="reference")
    corners = [[119.9, 29.9], [120.2, 29.9], [120.2, 30.2], [119.9, 30.2], [119.9, 29.9]]
    log.state(
        log.deliver("ref_grid", "2026-01-01 08:00"), "grid", "unit/G1", "2026-01-01", scheme="unit", grid_code="G1",
        grid_name="G1", community_code="C1", community_name="C1", street_code="S1", street_name="S1",
        polygon=json.dumps({"type": "Polygon", "coordinates": [corners]}),
    )  # fmt: skip
    log.feed("stops", "water")
    stop = log.deliver("stops", CLOCK)
    of_stop: dict[str, Any] = {"stream_type": "notice", "grid_scheme_given": "unit", "grid_code_given": "G1"}
    begins = json.dumps({"starts_at": "2026-10-10 00:30:00"})
    log.tell(stop, "stop-1", "notice_published", "2026-10-10 08:30", line=1, attributes=begins, **of_stop)
    log.tell(stop, "stop-1", "supply_restored", "2026-10-10 18:00", line=1, **of_stop)

    def case(
        feed: str, key: str, at: str, code: str, closed: str = "", north: float | None = None, **more: Any
    ) -> None:
        columns: dict[str, Any] = {
            "category_code_set": LISTS[feed], "category_code": code, "channel": CHANNELS[feed],
            "line": len(log.events) + 1,
        } | more  # fmt: skip
        if north is not None:
            columns |= {"lon": 120.0, "lat": 30.0 + north * METRE, "crs": "cgcs2000"}
        log.tell(told[feed], key, "reported", at, **columns)
        if closed:
            log.tell(told[feed], key, "closed", closed, **columns)

    _burst(case)
    _people(log, case, told)
    _numbers(log, case, told)
    return log


def _burst(case: Any) -> None:
    """One burst pipe that four networks tell of, another thing near by, and the burst again two weeks later."""
    where, also = "柳汀路12号", "云汀区柳塘街道溪桥社区柳汀路12号"
    over = "2026-10-10 17:00"
    case("water", "w1", "2026-10-10 08:05", "W01", over, north=0, address=also, text="地下水管爆裂", actor_token="t1")
    case("hotline", "h1", "2026-10-10 08:20", "H401", over, address=also, text="路上往外冒自来水", nature="appeal")
    case("city", "c1", "2026-10-10 08:40", "10999", over, north=20, address=where, text="水管爆了，整条街停水")
    case("police", "p1", "2026-10-10 08:50", "609900", over, north=10, address=where, text="地下水管爆裂，水往外涌")
    case("city", "c2", "2026-10-10 08:45", "06010", north=230, address="荷风街301号", text="路边堆着生活垃圾")
    case("water", "w2", "2026-10-25 08:00", "W01", north=5, address=also, text="水管爆了", actor_token="t2")


def _people(log: MountedLog, case: Any, told: dict[str, Delivery]) -> None:
    lamp: dict[str, Any] = {"code": "H411", "address": "荷苑3幢", "text": "路灯连着几盏不亮"}
    # alike, but a person says that they are two
    case("hotline", "apart-1", "2026-10-12 20:00", **lamp)
    case("hotline", "apart-2", "2026-10-12 20:10", **lamp)
    log.link("unlinked", ("hotline", "apart-2"), ("hotline", "apart-1"), "2026-10-13 09:00")
    # a person said so and took it back
    lamp["address"] = "桐苑5幢"
    case("hotline", "back-1", "2026-10-12 20:00", **lamp)
    case("hotline", "back-2", "2026-10-12 20:10", **lamp)
    log.link("unlinked", ("hotline", "back-1"), ("hotline", "back-2"), "2026-10-13 09:00")
    log.link("withdrawn", ("hotline", "back-1"), ("hotline", "back-2"), "2026-10-13 10:00")
    # nothing alike, but a person says that they are one, after having said that they are not
    case("hotline", "far", "2026-10-14 10:00", "H501", address="兰里9幢", text="物业涨价没有征求意见")
    case("city", "away", "2026-10-18 10:00", "06010", north=9_000, address="枫桥路77号", text="一堆生活垃圾发臭")
    log.link("unlinked", ("city", "away"), ("hotline", "far"), "2026-10-18 12:00")
    log.link("linked", ("city", "away"), ("hotline", "far"), "2026-10-18 13:00")
    # a feed tells a person's word
    for key, at in (("feed-1", "2026-10-15 20:00"), ("feed-2", "2026-10-15 20:20")):
        case("city", key, at, "01032", north=3_000, address="竹影路8号", text="路灯灭了")
    word = json.dumps({"other_key": "feed-1"})
    of_its_own = {"line": len(log.events) + 1, "record_key": "word-1", "attributes": word}
    log.tell(told["city"], "feed-2", "unlinked", "2026-10-16 09:00", **of_its_own)
    # one and two must be one, two and three too, one and three must not: what cannot be kept is shown
    for number, key in enumerate(("torn-1", "torn-2", "torn-3")):
        case("hotline", key, f"2026-10-2{number} 10:00", "H501", address=f"松里{number}幢", text="电梯坏了物业不修")
    log.link("linked", ("hotline", "torn-1"), ("hotline", "torn-2"), "2026-10-23 09:00")
    log.link("linked", ("hotline", "torn-2"), ("hotline", "torn-3"), "2026-10-23 09:01")
    log.link("unlinked", ("hotline", "torn-1"), ("hotline", "torn-3"), "2026-10-23 09:02")


def _numbers(log: MountedLog, case: Any, told: dict[str, Delivery]) -> None:
    # an order that names an older one as the same
    case("hotline", "old-order", "2026-09-01 10:00", "H501", address="梅里1幢", text="预付卡退不了钱")
    case(
        "hotline", "new-order", "2026-10-01 10:00", "H411", address="云里2幢", text="路灯灭了",
        attributes=json.dumps({"duplicate_of": "old-order"}),
    )  # fmt: skip
    # 110 hands a matter on to 12345: each keeps the transfer, and one of them the order
    case("police", "handed", "2026-10-03 10:00", "600900", north=5_000, address="沙庭巷9号", text="有人倒废水")
    case("hotline", "taken", "2026-10-05 10:00", "H501", address="霞里4幢", text="河边有人倒废水")
    for feed, key, named in (
        ("police_link", "LD1", {"incident_no": "handed"}),
        ("transfers", "ZJ1", {"link_no": "LD1", "order_no": "taken"}),
    ):
        log.tell(
            told[feed], key, "link_pushed", "2026-10-03 11:00", stream_type="transfer", line=len(log.events) + 1,
            attributes=json.dumps(named),
        )  # fmt: skip
