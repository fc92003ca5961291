"use strict";
const root = document.documentElement;
const data = JSON.parse(document.getElementById("data").textContent);
const isEnglish = () => root.classList.contains("english");
const say = (zh, en) => (isEnglish() ? en : zh);

/* An element with text or children: text is never markup. */
const make = (tag, content, className) => {
  const made = document.createElement(tag);
  if (Array.isArray(content)) made.append(...content);
  else if (content !== undefined && content !== null) made.append(content instanceof Node ? content : String(content));
  if (className) made.className = className;
  return made;
};
const both = (zh, en) => {
  const spans = [make("span", zh, "zh"), make("span", en, "en")];
  spans[0].lang = "zh-CN";
  spans[1].lang = "en";
  return make("span", spans);
};
const grouped = (number) => Number(number).toLocaleString("en-US");

/* What the address says after #: the language, then key=value, apart by &. */
const state = () => {
  const [language, ...pairs] = location.hash.slice(1).split("&");
  const told = Object.fromEntries(pairs.map((pair) => pair.split("=").map(decodeURIComponent)));
  return { english: language === "en", ...told };
};
const remember = (changes) => {
  const { english, ...told } = { ...state(), ...changes };
  const pairs = Object.entries(told).filter(([, value]) => value);
  const text = pairs.map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  history.replaceState(null, "", `#${[english ? "en" : "zh", ...text].join("&")}`);
};
const link = (anchor) => {
  const wanted = anchor.dataset.state;
  anchor.hash = `#${isEnglish() ? "en" : "zh"}${wanted ? `&${wanted}` : ""}`;
};
const speak = (english) => {
  root.classList.toggle("english", english);
  root.lang = english ? "en" : "zh-CN";
  for (const option of document.querySelectorAll("option[data-zh]")) {
    option.textContent = english ? option.dataset.en : option.dataset.zh;
  }
  for (const anchor of document.querySelectorAll("a[data-page]")) link(anchor);
  document.title = english ? data.title.en : data.title.zh;
  document.dispatchEvent(new Event("spoken"));
};

document.getElementById("language").addEventListener("click", () => {
  remember({ english: !isEnglish() });
  speak(!isEnglish());
});
const menu = document.getElementById("menu");
const menuButton = document.getElementById("menu-button");
if (menuButton) {
  menuButton.addEventListener("click", () => {
    menuButton.setAttribute("aria-expanded", String(menu.classList.toggle("open")));
  });
}

/* Tables: filtered by selects, months chosen by a select. */
const sift = (table) => {
  const asked = [...document.querySelectorAll(`[data-filter="${table.id}"]`)].filter((select) => select.value);
  let shown = 0;
  for (const row of table.tBodies[0].rows) {
    row.hidden = !asked.every((select) => row.getAttribute(`data-${select.dataset.key.replaceAll("_", "-")}`) === select.value);
    if (!row.hidden) shown += 1;
  }
  for (const told of document.querySelectorAll(`output[data-of="${table.id}"]`)) told.textContent = grouped(shown);
};
for (const select of document.querySelectorAll("[data-filter]")) {
  select.addEventListener("change", () => sift(document.getElementById(select.dataset.filter)));
}
for (const table of document.querySelectorAll("table[id]")) sift(table);
for (const chooser of document.querySelectorAll("[data-choose]")) {
  const choose = () => {
    for (const one of document.querySelectorAll(`[data-chosen-by="${chooser.id}"]`)) {
      one.hidden = one.dataset.value !== chooser.value;
    }
    document.dispatchEvent(new Event("laid"));
  };
  chooser.addEventListener("change", choose);
  choose();
}

/* How a figure is made. */
const dialog = document.getElementById("told");
const tell = (title, parts) => {
  document.getElementById("told-title").replaceChildren(title);
  document.getElementById("told-body").replaceChildren(...parts);
  for (const anchor of dialog.querySelectorAll("a[data-page]")) link(anchor);
  dialog.showModal();
};
const pairs = (entries) =>
  make("dl", entries.flatMap(([zh, en, value]) => (value === "" || value === null || value === undefined ? [] : [make("dt", both(zh, en)), make("dd", value)])), "pairs");
const words = (rule, text) =>
  make("span", (text || "").split(" ").filter(Boolean).flatMap((word, place) => {
    const [zh, en] = rule.words[word] || [word, word];
    return [place ? "、" : "", make("span", [both(zh, en), " ", make("code", word, "soft")])];
  }));
const part = (told) => (told === null ? null : told[1] === null ? grouped(told[0]) : `${grouped(told[0])} / ${grouped(told[1])}`);
const explain = (key) => {
  const told = data.explained.figures[key];
  const [indicator, kind, code, period, start] = key.split("|");
  const rule = data.explained.rules[indicator];
  const name = (data.names[kind] || {})[code] || code;
  const when = { year: 4, month: 7 }[period] ? start.slice(0, { year: 4, month: 7 }[period]) : start.slice(0, 10);
  const items = told.cases.map(([place, above, below]) => {
    const [id, feed, stream] = data.explained.items[place];
    const anchor = make("a", make("code", stream));
    anchor.href = `${data.root}cases.html`;
    anchor.dataset.page = "";
    anchor.dataset.state = `case=${encodeURIComponent(id)}`;
    return make("tr", [make("td", anchor), make("td", data.feeds[feed] || feed), make("td", grouped(above), "figures"), make("td", told.d === null ? "" : grouped(below), "figures")]);
  });
  const parts = [
    make("p", [make("strong", name), ` · ${when}`]),
    told.ok ? "" : make("p", both("所依据的数据源有缺批或暂扣，本数不可用于考核；下列为已收到的部分。", "A feed it rests on is late or held: it is not assessable. Below is what has come."), "alarm"),
    pairs([
      ["分子", "above the line", told.n === null ? null : make("span", [make("strong", grouped(told.n)), " ", words(rule, rule.numerator)])],
      ["分母", "below the line", told.d === null ? null : make("span", [make("strong", grouped(told.d)), " ", words(rule, rule.denominator)])],
      ["剔除", "without", rule.excludes ? words(rule, rule.excludes) : null],
      ["计入时点", "counts at", rule.moments.length ? make("span", rule.moments.flatMap(([zh, en], place) => [place ? " / " : "", both(zh, en)])) : null],
      ["上期", "period before", part(told.before)],
      ["上年同期", "a year before", part(told.year)],
      ["口径", "rule", make("span", [rule.rule_version, " · ", rule.source, rule.is_local_rule ? both("（本地规则）", " (local rule)") : ""])],
    ]),
  ];
  if (items.length) {
    const head = make("tr", [make("th", both("编号", "number")), make("th", both("数据源", "feed")), make("th", both("分子", "above"), "figures"), make("th", both("分母", "below"), "figures")]);
    parts.push(
      make("div", make("table", [make("caption", both(`所含案件：共 ${grouped(told.count)} 件，列出 ${items.length} 件（${rule.direction === "down" ? "计入分子的在前" : "未达标的在前"}）`, `Counts ${grouped(told.count)}; the first ${items.length}, ${rule.direction === "down" ? "those above the line" : "those that miss it"} before all others`)), make("thead", head), make("tbody", items)]), "wide"),
    );
  }
  parts.push(make("p", [both("全部案件用此命令列出：", "This command lists them all:")], "soft"), make("p", make("code", told.command, "command")));
  tell(both(rule.title_zh, rule.title_en), parts.filter(Boolean));
};
document.addEventListener("click", (event) => {
  const figure = event.target.closest("button[data-figure]");
  if (figure) return explain(figure.dataset.figure);
  const asked = event.target.closest("[data-query], [data-value]");
  if (!asked || event.target.closest("a, button")) return undefined;
  const row = asked.closest("[data-from]");
  const query = asked.dataset.query || `${asked.dataset.value} from ${row.dataset.from}`;
  const text = make("p", make("code", `select ${query}`, "command"));
  return tell(both("这个数从哪里来", "Where this figure comes from"), [make("p", make("strong", asked.textContent.trim())), make("p", both("在同期的 onegrid.duckdb 上查询：", "Ask onegrid.duckdb of the same edition:"), "soft"), text]);
});
if (dialog) {
  document.getElementById("told-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
}
addEventListener("DOMContentLoaded", () => speak(state().english));
addEventListener("hashchange", () => state().english !== isEnglish() && speak(state().english));
