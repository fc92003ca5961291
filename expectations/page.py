"""Gate results as one HTML page that needs nothing but itself. (The library's Data Docs load from public networks.)"""

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, StrictUndefined

SHOWN = 500  # landings listed on a page; results.json has all of them

_BASE = """<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{{ title }}</title>
<style>
body { font: 15px/1.5 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; margin: 2rem auto; max-width: 76rem;
  padding: 0 1rem; color: #1c2733; background: #fff }
h1 { font-size: 1.4rem; margin: 0 0 .2rem } h2 { font-size: 1.1rem; margin: 2rem 0 .4rem } p { margin: .3rem 0 }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid #dde3ea }
th { font-weight: 600; color: #52606d } td.n { text-align: right } code { font-size: .9em; white-space: nowrap }
.pass { color: #176639 } .warn, .warning { color: #8a5a00 }
.held, .hold, .critical, .crash { color: #a3180f; font-weight: 600 }
.zh { color: #52606d } .note { color: #52606d }
</style></head><body>
"""

_LANDINGS = (
    _BASE
    + """<h1>{{ title }}</h1>
<p class="note">判定时间 judged at {{ judged_at }} · {{ landings|length }} 次落地 landings ·
<span class="pass">通过 pass {{ counts.pass }}</span> · <span class="warn">提示 warn {{ counts.warn }}</span> ·
<span class="held">暂扣 held {{ counts.held }}</span></p>
{% if crash %}<p class="crash">检查程序出错，全部暂扣 The gate itself crashed, all are held: {{ crash }}</p>{% endif %}
<h2>提示与暂扣 Warned and held</h2>
{% if not shown %}<p class="pass">全部通过 All landings passed.</p>{% else %}
<table><tr><th>回执 receipt</th><th>落地 landing</th><th>判定 verdict</th><th>原因 reasons</th></tr>
{% for landing in shown %}<tr><td class="n">{{ landing.seq }}</td><td><code>{{ landing.landing_id }}</code></td>
<td class="{{ landing.verdict }}">{{ landing.verdict }}</td>
<td>{% for reason in landing.reasons %}<p>
<span class="{{ reason.severity }}">{{ reason.check }}</span> = {{ reason.observed }}
· {{ reason.owner }}<br>{{ reason.sentence }}</p>{% endfor %}</td></tr>
{% endfor %}</table>
{% if hidden %}<p class="note">另有 {{ hidden }} 次，见 results.json.
{{ hidden }} more stand in results.json.</p>{% endif %}{% endif %}
<h2>检查 Checks</h2>
<table><tr><th>检查 check</th><th>级别 severity</th><th>责任 owner</th><th>含义 meaning</th><th>未通过 failed</th></tr>
{% for check in checks %}<tr><td><code>{{ check.check }}</code></td>
<td{% if check.failed %} class="{{ check.severity }}"{% endif %}>{{ check.severity }}</td>
<td>{{ check.owner }}</td><td>{{ check.sentence }}<br><span class="zh">{{ check.sentence_zh }}</span></td>
<td class="n">{% if check.crashed %}<span class="crash">{{ check.crashed }}</span>
{% else %}{{ check.failed }} / {{ check.landings }}{% endif %}</td></tr>
{% endfor %}</table>
</body></html>
"""
)

_MARTS = (
    _BASE
    + """<h1>{{ title }}</h1>
<p>{% if passed %}<span class="pass">通过，可以发布 Passed: may be published</span>{% else %}<span class="held">
未通过，不发布，当前版本保留 Not passed: not published, the current edition stays</span>{% endif %}</p>
{% if crash %}<p class="crash">检查程序出错 The gate itself crashed: {{ crash }}</p>{% endif %}
<table><tr><th>检查 check</th><th>级别 severity</th><th>责任 owner</th><th>含义 meaning</th><th>结果 result</th></tr>
{% for row in rows %}<tr><td><code>{{ row.check }}</code></td>
<td{% if not row.success %} class="{{ row.severity }}"{% endif %}>{{ row.severity }}</td><td>{{ row.owner }}</td>
<td>{{ row.sentence }}<br><span class="zh">{{ row.sentence_zh }}</span></td>
<td>{% if row.crashed %}<span class="crash">{{ row.crashed }}</span>
{% elif row.success %}<span class="pass">通过 ok</span>
{% else %}<span class="{{ row.severity }}">{{ row.observed }} 行 rows</span>{% endif %}</td></tr>
{% endfor %}</table>
</body></html>
"""
)


def _render(template: str, **values: Any) -> str:
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    return environment.from_string(template).render(**values)


def landings_page(result: Mapping[str, Any], receipts: Sequence[Mapping[str, Any]]) -> str:
    """The page of one run of the landing gate; `result` is what results.json holds."""
    seqs = {receipt["landing_id"]: receipt["seq"] for receipt in receipts}
    told = [{**verdict, "seq": seqs[verdict["landing_id"]]} for verdict in result["verdicts"]]
    listed = sorted((v for v in told if v["verdict"] != "pass"), key=lambda v: (v["verdict"] != "held", v["seq"]))
    return _render(
        _LANDINGS,
        title=f"{result['feed']} · 落地检查 landing gate",
        judged_at=result["judged_at"],
        landings=told,
        counts={name: sum(v["verdict"] == name for v in told) for name in ("pass", "warn", "held")},
        crash=result["crash"],
        checks=sorted(result["checks"], key=lambda check: (not check["crashed"], -check["failed"])),
        shown=listed[:SHOWN],
        hidden=max(0, len(listed) - SHOWN),
    )


def marts_page(result: Mapping[str, Any]) -> str:
    """The page of one run of the mart gate; `result` is what results.json holds."""
    return _render(
        _MARTS,
        title=f"{result['build']} · 发布检查 mart gate",
        passed=result["passed"],
        crash=result["crash"],
        rows=sorted(result["results"], key=lambda row: bool(row["success"])),
    )
