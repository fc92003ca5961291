"""Draft the contract of a new feed from a sample: a start to be read, corrected and owned by a person.

What a sample can't tell is left open as TODO, which the lint refuses until somebody has answered: whose feed it is,
its network, its zone, its coordinate frame, how often it comes.
"""

import re
from pathlib import Path
from typing import Any

import yaml

from ingest.errors import SourceError
from ingest.sample import FEW, Column, columns_of_sample, form_of, texts_of

# what a column's name says of the person in it: (pattern, rule, purpose)
_PERSONAL_NAMES = (
    (r"证件|身份证|id_?card|idno|zjh", "token", "person"),
    (r"电话|手机|联系方式|phone|mobile|\btel|rdh$", "token", "caller"),
    (r"姓名|人$|caller|person_name|(found|reported|handled|done)_by$|inspector$|rxm$", "name", ""),
    (r"地址|住址|地点|位置|address|addr|dz$", "address", ""),
    (r"内容|描述|简述|情况|备注|说明|content|desc|remark|note|story|detail|nr$", "scrub", ""),
)
_KEY_NAMES = r"编号|单号|流水|序号|任务号|(^|_)(id|no|number|code)$|bh$"
_MOVED_NAMES = r"更新|修改|变更|update|modif|change"
# the field's common words, longest first, for names that code may carry
_WORDS = {
    "身份证号": "id_number", "证件号码": "id_number", "证件号": "id_number", "联系电话": "phone", "联系方式": "phone",
    "工单": "order", "案件": "case", "任务": "task", "事件": "event", "警情": "incident", "纠纷": "dispute",
    "停电": "outage", "隐患": "hazard", "检查": "inspection", "投诉": "complaint", "举报": "report", "许可": "permit",
    "报修": "reported", "上报": "reported", "报警": "reported", "登记": "registered", "受理": "accepted",
    "立案": "registered", "派单": "dispatched", "派遣": "dispatched", "分派": "dispatched",
    "核查": "checked", "到场": "arrived", "处置": "handled",
    "修复": "repaired", "整改": "rectified", "办结": "closed", "结案": "closed", "归档": "closed",
    "回访": "called_back",
    "更新": "updated", "修改": "updated", "发现": "found", "开始": "begin", "结束": "end", "计划": "planned",
    "完成": "done", "编号": "no", "单号": "no", "号": "no", "代码": "code", "编码": "code", "类型": "type",
    "类别": "class", "大类": "major", "小类": "minor", "名称": "name", "姓名": "person", "联系人": "contact",
    "电话": "phone", "手机": "mobile", "地址": "address", "地点": "place", "位置": "place", "经度": "lon",
    "纬度": "lat", "网格": "grid", "社区": "community", "街道": "street", "部门": "office", "单位": "unit",
    "班组": "crew", "状态": "state", "结果": "result", "描述": "story", "内容": "content", "备注": "remark",
    "来源": "source", "级别": "level", "等级": "level", "人数": "people", "数量": "count", "评价": "rating",
    "满意度": "satisfaction", "时间": "at", "日期": "day", "期限": "due", "企业": "company", "商户": "shop",
    "场所": "premises", "问题": "problem", "户": "household", "故障": "fault", "百度": "baidu",
}  # fmt: skip
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SPLIT = re.compile("|".join(sorted(map(re.escape, _WORDS), key=len, reverse=True)) + r"|[A-Za-z0-9]+")


def draft(sample: Path, feed: str) -> str:
    """YAML of a contract for the centre that sent `sample`. Raises SourceError where the sample can't be read."""
    form = form_of(sample)
    columns = columns_of_sample(texts_of(sample, form))
    if not columns:
        raise SourceError(f"{sample.name} holds no column that could be read; say what it is in `formats` by hand")
    rules = {column.name: _rule(column) for column in columns}
    names = _field_names(columns)
    key = _key(columns, rules)
    told_key = names[key.name] if key else "TODO"
    times = sorted(
        (c for c in columns if rules[c.name][0].get("type") in ("timestamp", "epoch_ms")),
        key=lambda column: (-column.told, column.middle or "", column.name),
    )
    moved = next((c for c in times if re.search(_MOVED_NAMES, _plain(c.name))), None)
    steps = [names[c.name] for c in times if c is not moved]
    lines = [
        f"# Drafted from {sample.name}: {columns[0].rows} records. Answer every TODO; then `onegrid feed try`.",
        f"feed: {feed}",
        "version: 1",
        "title: TODO",
        "network: TODO",
        "owner: {office: TODO, contact: TODO}",
        "filled_by: TODO  # system, office, grid_worker or community; the last two need `admission: {number, expires}`",
        f"mode: {'upsert' if moved else 'append'}  # append, upsert, snapshot or reference",
        "cadence: TODO  # such as PT24H",
        "lateness: TODO",
        f"source: {{kind: file, path: TODO, pattern: {_flow('*' + ''.join(sample.suffixes))}}}",
        f"formats: [{_flow(form)}]",
        "time: {zone: TODO}  # the zone that the centre writes its times in, such as Asia/Shanghai",
        "crs: TODO  # wgs84, cgcs2000, gcj02, bd09 or none: a sample can't tell",
        f"key: [{told_key}]" + ("" if key else "  # no column is told in (nearly) every record and different in each"),
        *([f"recorded_at: {names[moved.name]}"] if moved else []),
        "admit: {fields: listed}",
        "fields:",
    ]
    for column in columns:
        rule, notes = rules[column.name]
        source = {"source": column.name} if names[column.name] != column.name else {}
        if column is key:
            rule = rule | {"required": True} | ({} if "type" in rule else {"privacy": {"rule": "clear"}})
        lines.append(f"  {names[column.name]}: {_flow(source | rule)}  # {'; '.join(notes)}")
    lines += [
        f"stream: {{type: case, key: {told_key}}}",
        "events:  # in the order of their usual times; name each with a word of dbt_project/seeds/event_type.csv",
        f"  - {{type: reported, at: {steps[0] if steps else 'TODO'}}}",
        *(f"  - {{type: TODO, at: {step}, when: {_flow(step + ' is not null')}}}" for step in steps[1:]),
    ]
    return "\n".join(lines) + "\n"


def _rule(column: Column) -> tuple[dict[str, Any], list[str]]:
    """The field rule of a column, and what a person should know of it."""
    notes = [f"told in {column.told} of {column.rows}"]
    if column.fits("id_number"):
        return {"privacy": {"rule": "token", "purpose": "person"}}, [*notes, "identity numbers: their check digits fit"]
    if column.fits("phone"):
        return {"privacy": {"rule": "token", "purpose": "caller"}}, [*notes, "phone numbers"]
    for kind in ("epoch_ms", "timestamp", "date"):
        if column.fits(kind):
            return {"type": kind}, notes
    for pattern, rule, purpose in _PERSONAL_NAMES:
        if re.search(pattern, _plain(column.name)) and not column.fits("number"):
            privacy = {"rule": rule} | ({"purpose": purpose} if purpose else {})
            return {"privacy": privacy}, [*notes, "personal by its name: check"]
    if column.shares["speaks"] > 0:
        return {"privacy": {"rule": "scrub"}}, [*notes, "a phone or identity number stands in the text"]
    if column.fits("boolean"):
        return {"type": "boolean"}, notes
    if column.fits("number") and not _code_like(column):
        numeric = {"type": "integer" if column.fits("integer") else "number"}
        low, high, remark = _box(column)
        return (numeric | {"min": low, "max": high}, [*notes, remark]) if remark else (numeric, notes)
    if column.fits("json"):
        return {"type": "json"}, notes
    if 1 < column.distinct <= FEW and column.told >= 5 * column.distinct and max(map(len, column.values)) <= 20:
        return {"one_of": sorted(column.values)}, [*notes, "a closed list? others become warnings"]
    return {}, [*notes, f"{column.distinct} different"]


def _code_like(column: Column) -> bool:
    """Digits that are a code: a leading zero, or one length of five and more."""
    lengths = {len(value) for value in column.values}
    zeros = any(value.startswith("0") and len(value) > 1 and "." not in value for value in column.values)
    return zeros or (column.fits("integer") and len(lengths) == 1 and min(lengths, default=0) >= 5)


def _box(column: Column) -> tuple[int, int, str]:
    """Degrees that a column may hold, with a remark; an empty remark where it looks like no coordinate."""
    if not column.fits("integer") and column.low is not None and column.high is not None:
        if column.low >= 73 and column.high <= 136:
            return 73, 136, "a longitude? then declare `crs`"
        if column.low >= 3 and column.high <= 54 and column.distinct > FEW:
            return 3, 54, "a latitude? then declare `crs`"
    return 0, 0, ""


def _key(columns: list[Column], rules: dict[str, tuple[dict[str, Any], list[str]]]) -> Column | None:
    """The column that tells the records apart: told nearly always, nearly all different, named like a key."""

    def possible(column: Column) -> bool:
        rule = rules[column.name][0]
        personal = "privacy" in rule or rule.get("type") in ("timestamp", "date", "epoch_ms", "number")
        return column.told >= 0.9 * column.rows and column.distinct >= 0.9 * column.told and not personal

    found = [column for column in columns if possible(column)]
    named = {c.name: re.search(_KEY_NAMES, _plain(c.name)) for c in found}
    credit = re.compile("信用|credit")  # a code of the enterprise, not of the record
    return min(found, key=lambda c: (bool(credit.search(_plain(c.name))), not named[c.name], -c.distinct), default=None)


def _plain(name: str) -> str:
    """A column's name in small letters, words of camelCase apart."""
    return _CAMEL.sub("_", name).lower()


def _field_names(columns: list[Column]) -> dict[str, str]:
    """Names that code may carry: ASCII ones as they are, Chinese ones by the field's common words, else numbered."""
    names: dict[str, str] = {}
    for number, column in enumerate(columns, start=1):
        parts = [_WORDS.get(part, part.lower()) for part in _SPLIT.findall(_CAMEL.sub("_", column.name))]
        left = _SPLIT.sub("", column.name).strip("_- ()（）")
        name = re.sub(r"_+", "_", "_".join(parts)).strip("_")
        if left or not re.match(r"[a-z]", name) or len(name) < 2:
            name = f"{name}_{number}" if re.match(r"[a-z]", name) else f"field_{number}"
        while name in names.values():
            name += f"_{number}"
        names[column.name] = name
    return names


def _flow(value: Any) -> str:
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000, sort_keys=False)
    return text.removesuffix("...\n").strip()
