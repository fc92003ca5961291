"""A city with one feed a format, whose drop folders hostile files are put into."""

from pathlib import Path

CITY = """
city: hostile
title: 样例
time_zone: Asia/Shanghai
networks: {city_management: {title: 城管}}
"""
FEED = """
feed: {feed}
version: 1
title: 样例
network: city_management
owner: {{office: 样例局, contact: office@example.invalid}}
filled_by: office
mode: append
cadence: PT24H
lateness: P2D
source: {{kind: file, path: drop/{feed}, pattern: ["good*", "hostile*"], ready: {{rule: stable, settle_seconds: 0}}}}
formats: {formats}
time: {{zone: Asia/Shanghai}}
crs: wgs84
key: ["no"]
fields:
  "no": {{required: true}}
  at: {{type: timestamp, required: true}}
  kind: {{one_of: ["A", "B"], required: true}}
  story: {{privacy: {{rule: scrub}}}}
  lon: {{type: number, min: 70, max: 140}}
  lat: {{type: number, min: 0, max: 60}}
stream: {{type: case, key: "no"}}
event: {{category: {{code_set: town, code: kind}}, lon: lon, lat: lat, text: story}}
events:
  - {{type: reported, at: at}}
"""
FORMATS = {
    "csv": "[{kind: csv}]",
    "json": "[{kind: json}]",
    "jsonl": "[{kind: jsonl}]",
    "xlsx": '[{files: "hostile*", kind: xlsx}, {kind: csv}]',
    "xml": '[{files: "hostile*", kind: xml, records: /rows/row}, {kind: csv}]',
    "zip": "[{kind: csv}]",
    "all": '[{files: "hostile*", kind: csv, archive: {members: "*.csv", several: append}}, {kind: csv}]',
    "geojson": '[{files: "hostile*", kind: geojson}, {kind: csv}]',
    "xls": '[{files: "hostile*", kind: xls}, {kind: csv}]',
    "detect": '[{files: "hostile*", kind: csv, encoding: detect}, {kind: csv}]',
    "dbf": '[{files: "hostile*", kind: dbf}, {kind: csv}]',
}
GOOD = {
    "json": ("good.json", '[{"no": "GOOD", "at": "2026-11-01 08:00:00", "kind": "A", "story": "x"}]'),
    "jsonl": ("good.jsonl", '{"no": "GOOD", "at": "2026-11-01 08:00:00", "kind": "A", "story": "x"}\n'),
}
GOOD_CSV = ("good.csv", "no,at,kind,story,lon,lat\nGOOD,2026-11-01 08:00:00,A,x,123.01,30.41\n")


def make(root: Path, feed: str) -> None:
    """A city of one feed below `root`/city."""
    (root / "city" / "feeds").mkdir(parents=True)
    (root / "city" / "drop" / feed).mkdir(parents=True)
    (root / "city" / "city.yml").write_text(CITY, encoding="utf-8")
    text = FEED.format(feed=feed, formats=FORMATS[feed])
    (root / "city" / "feeds" / f"{feed}.yml").write_text(text, encoding="utf-8")


def drop_good(root: Path, feed: str) -> None:
    """The next good delivery of the feed."""
    name, text = GOOD.get(feed, GOOD_CSV)
    (root / "city" / "drop" / feed / name).write_text(text, encoding="utf-8")
