/* The life of one thing, chosen by the address (case=…) or by its number. */
(() => {
  const { lives, words, units, titles } = data;
  const byId = (id) => document.getElementById(id);
  const word = (code) => (words[code] ? both(...words[code]) : code || "");
  const STATES = { open: ["在办", "open"], closed: ["已结", "closed"], cancelled: ["作废", "cancelled"] };
  const kept = (flag) => (flag === undefined ? "" : flag ? make("span", both("按期", "on time"), "soft") : make("span", both("超期", "late"), "alarm"));
  const show = (id) => {
    const life = lives[id];
    byId("life").hidden = !life;
    byId("not-found").replaceChildren(life || !id ? "" : both("本页没有收入这一件，请用命令查。", "It is not held on this page: ask by the command."));
    if (!life) return;
    byId("life-title").textContent = life.k;
    byId("life-feed").replaceChildren(titles[life.f] || life.f, " ", make("code", life.f));
    const facts = [
      ["状态", "state", life.s && make("span", [both(...(STATES[life.s] || [life.s, life.s])), life.late ? make("span", [" ", both("已超期", "overdue")], "alarm") : ""])],
      ["类别", "category", life.c],
      ["单位", "unit", units[life.o] || life.o],
      ["网格", "grid", life.g],
      ["上报", "reported", life.opened],
      ["处置期限", "to be disposed of by", life.handle_due],
      ["处置", "disposed of", life.handled && make("span", [life.handled, " ", kept(life.hok)])],
      ["结案期限", "to be closed by", life.close_due],
      ["结案", "closed", life.closed && make("span", [life.closed, " ", kept(life.cok)])],
    ].filter(([, , value]) => value);
    byId("life-facts").replaceChildren(...facts.flatMap(([zh, en, value]) => [make("dt", both(zh, en)), make("dd", value)]));
    byId("life-events").tBodies[0].replaceChildren(...life.e.map(([at, kind, unit, stage]) => make("tr", [make("td", at, "number"), make("td", [word(kind), " ", make("code", kind, "soft")]), make("td", units[unit] || unit || ""), make("td", word(stage))])));
    byId("life-more").replaceChildren(life.total > life.e.length ? both(`共 ${life.total} 个事件，列出前 ${life.e.length} 个。`, `The first ${life.e.length} of ${life.total} events.`) : "");
    byId("life-command").textContent = life.t === "case" ? `onegrid explain case ${life.k} --feed ${life.f}` : `select * from mart.fct_event where stream_type = '${life.t}' and stream_key = '${life.k}' order by occurred_at`;
    remember({ case: id });
    byId("number").value = life.k;
  };
  byId("numbers").append(...Object.values(lives).slice(0, 400).map((life) => Object.assign(make("option"), { value: life.k })));
  byId("find").addEventListener("submit", (event) => {
    event.preventDefault();
    const wanted = byId("number").value.trim();
    const found = Object.entries(lives).find(([, life]) => life.k === wanted);
    show(found ? found[0] : wanted);
  });
  addEventListener("hashchange", () => show(state().case));
  show(state().case || data.first);
})();
