/* The grid map: measures by network and week, rates by month, from the district down to a grid. */
(() => {
  const { weeks, months, counts, rates, networks, cells, streets, communities, shapes } = data.map;
  const WORK = ["#cfe3ec", "#97c4d6", "#559fba", "#1f7797", "#0a4a63"];
  const LATE = ["#f9d9c8", "#f2b092", "#e07d57", "#bf4a27", "#8a2a10"];
  const ZERO = "#eceff2";
  const UNSURE = "#ffffff";
  const byId = (id) => document.getElementById(id);
  const chart = echarts.init(byId("grid-map"), null, { renderer: cells.length > 400 ? "canvas" : "svg" });
  const asked = state();
  let street = asked.street in streets ? asked.street : null;
  let community = asked.community in communities ? asked.community : null;
  if (community) street = communities[community][1];
  let chosen = null;
  let shown = "";

  const option = (value, zh, en) => {
    const made = make("option");
    made.value = value;
    made.dataset.zh = zh;
    made.dataset.en = en;
    return made;
  };
  byId("measure").append(...counts.map((one) => option(one.name, one.zh, one.en)), ...rates.map((one) => option(one.name, `${one.zh}（月）`, `${one.en} (month)`)));
  byId("network").append(option("", "全部", "all"), ...networks.map((one) => option(one.name, one.zh + (one.incomplete ? "（不完整）" : ""), one.en + (one.incomplete ? " (incomplete)" : ""))));

  const rate = () => rates.find((one) => one.name === byId("measure").value);
  const number = () => counts.findIndex((one) => one.name === byId("measure").value);
  const level = () => (community ? "grid" : street ? "community" : "street");
  const codeOf = (cell) => ({ street: cell.s, community: cell.m, grid: cell.c })[level()];
  const nameOf = (code) => ({ street: () => streets[code], community: () => (communities[code] || [code])[0], grid: () => (cells.find((cell) => cell.c === code) || {}).n })[level()]() || code;
  const within = (cell) => (!street || cell.s === street) && (!community || cell.m === community);
  const of = (cell, week) => Object.entries(cell.v).reduce((sum, [network, told]) => sum + (!byId("network").value || byId("network").value === network ? told[number()][week] : 0), 0);
  const percent = ([above, below]) => Math.floor((1000 * above) / below) / 10;

  /* The units of the level that is looked at: value, text, and whether it may be assessed. */
  const units = () => {
    const place = Number(byId("when").value);
    const found = new Map();
    const one = rate();
    for (const cell of cells.filter(within)) {
      const code = codeOf(cell);
      if (!code) continue;
      if (one) {
        const told = ((one.values[level()] || {})[code] || [])[place];
        found.set(code, told ? { value: told[2] ? percent(told) : null, parts: told, unsure: !told[2] } : { value: null });
      } else if (level() !== "grid" || cell.d) {
        const before = found.get(code) || { value: 0, codes: [] };
        found.set(code, { value: before.value + of(cell, place), codes: [...before.codes, cell.c] });
      }
    }
    return found;
  };

  const bounds = (values) => {
    const positive = values.filter((value) => value > 0).sort((a, b) => a - b);
    const distinct = [...new Set(positive)];
    if (distinct.length <= 5) return distinct;
    return [...new Set([1, 2, 3, 4, 5].map((part) => positive[Math.ceil((positive.length * part) / 5) - 1]))];
  };
  const quoted = (text) => `'${String(text).replaceAll("'", "''")}'`;
  const query = (codes) => {
    const place = Number(byId("when").value);
    const name = counts[number()].name;
    const network = byId("network").value;
    const from = `from mart.rpt_grid_ledger where grid_code in (${codes.map(quoted).join(", ")})${network ? ` and network = ${quoted(network)}` : ""}`;
    if (name.endsWith("_at_end")) {
      return `coalesce(sum(${name}), 0) ${from} and local_day = least(date '${weeks[place]}' + 6, (select max(told.local_day) from mart.rpt_grid_ledger as told where told.network = rpt_grid_ledger.network))`;
    }
    return `coalesce(sum(${name}), 0) ${from} and local_day between date '${weeks[place]}' and date '${weeks[place]}' + 6`;
  };

  const paint = () => {
    const one = rate();
    const place = Number(byId("when").value);
    const found = units();
    const values = [...found.values()].map((unit) => unit.value ?? 0);
    const cuts = bounds(values);
    const shades = (one && !one.up) || byId("measure").value === "overdue_at_end" ? LATE : WORK;
    const shade = (unit) => {
      if (!unit || unit.unsure || unit.value === null) return UNSURE;
      if (unit.value <= 0) return ZERO;
      return shades[cuts.findIndex((cut) => unit.value <= cut) + (5 - cuts.length)];
    };
    const drawn = shapes.features.filter((feature) => within(cells.find((cell) => cell.c === feature.properties.name)));
    const name = `${street || ""}/${community || ""}`;
    if (shown !== name) {
      echarts.registerMap(name, { type: "FeatureCollection", features: drawn });
      shown = name;
    }
    const labelled = new Set();
    const text = (unit) => (unit.value === null ? say("不可评", "not assessable") : one ? `${unit.value.toFixed(1)}%` : grouped(unit.value));
    chart.setOption(
      {
        animation: false,
        tooltip: {
          renderMode: "richText",
          confine: true,
          formatter: (event) => {
            const cell = cells.find((cell) => cell.c === event.name);
            const unit = cell && found.get(codeOf(cell));
            return unit ? `${nameOf(codeOf(cell))}\n${text(unit)}${unit.parts && !unit.unsure ? `  (${unit.parts[0]} / ${unit.parts[1]})` : ""}` : "";
          },
        },
        series: [
          {
            type: "map",
            map: name,
            selectedMode: false,
            aspectScale: Math.cos((drawn[0].geometry.coordinates.flat(4)[1] * Math.PI) / 180),
            top: 4, bottom: 4, left: 4, right: 4,
            itemStyle: { borderColor: "#ffffff", borderWidth: 1.5 },
            emphasis: { label: { show: true }, itemStyle: { areaColor: null, borderColor: "#17212b", borderWidth: 2 } },
            label: { fontSize: 13 },
            data: drawn.map((feature) => {
              const cell = cells.find((cell) => cell.c === feature.properties.name);
              const code = codeOf(cell);
              const unit = found.get(code);
              const colour = shade(unit);
              const isFirst = !labelled.has(code);
              labelled.add(code);
              const dark = WORK.indexOf(colour) > 2 || LATE.indexOf(colour) > 2;
              const label = { show: isFirst && labelled.size <= 40, formatter: nameOf(code), color: dark ? "#ffffff" : "#17212b" };
              const border = chosen === code ? { borderColor: "#17212b", borderWidth: 3 } : unit && unit.unsure ? { borderColor: "#a8321c", borderType: "dashed", borderWidth: 1 } : {};
              return { name: feature.properties.name, label, itemStyle: { areaColor: colour, ...border }, emphasis: { label: { ...label, show: true }, itemStyle: { areaColor: colour } } };
            }),
          },
        ],
      },
      true,
    );
    const entry = (colour, told) => {
      const made = make("span", told);
      const box = make("i");
      box.style.background = colour;
      box.style.border = colour === UNSURE ? "1px dashed #a8321c" : "0";
      made.prepend(box);
      return made;
    };
    const low = (at) => (at ? (one ? `> ${cuts[at - 1]}` : String(cuts[at - 1] + 1)) : "");
    const ranges = cuts.map((cut, at) => (one ? `≤ ${cut}%` : low(at) && low(at) !== String(cut) ? `${low(at)}–${cut}` : at === 0 && cut > 1 ? `1–${cut}` : String(cut)));
    byId("legend").replaceChildren(entry(ZERO, one ? "0%" : "0"), ...cuts.map((cut, at) => entry(shades[at + 5 - cuts.length], ranges[at])), ...(one ? [entry(UNSURE, both("不可评或无数据", "not assessable, or nothing counted"))] : []));

    const rows = [...found].sort(([a, left], [b, right]) => (right.value ?? -1) - (left.value ?? -1) || (a < b ? -1 : 1)).map(([code, unit]) => {
      const button = make("button", nameOf(code), "plain");
      button.type = "button";
      button.addEventListener("click", () => drill(code));
      const value = make("td", text(unit), unit.value === null ? "figures na" : "figures");
      if (unit.codes && unit.codes.length <= 60) value.dataset.query = query(unit.codes);
      if (unit.parts && !unit.unsure) value.append(make("br"), make("span", `${grouped(unit.parts[0])} / ${grouped(unit.parts[1])}`, "soft"));
      const row = make("tr", [make("td", button), value]);
      row.dataset.code = code;
      return row;
    });
    byId("units").tBodies[0].replaceChildren(...rows);
    const kinds = { street: ["街道", "street"], community: ["社区", "community"], grid: ["网格", "grid"] };
    byId("units-kind").replaceChildren(both(...kinds[level()]));
    const measure = one || counts[number()];
    byId("units-value").replaceChildren(both(measure.zh, measure.en));
    byId("units-title").textContent = one ? months[place] : `${weeks[place]} ${say("起一周", "week")}`;
    const missing = one ? [] : cells.filter((cell) => within(cell) && (level() === "grid" ? !cell.d : !codeOf(cell)));
    const left = missing.reduce((sum, cell) => sum + of(cell, place), 0);
    byId("elsewhere").replaceChildren(left ? both(`另有 ${grouped(left)} 件不在本级各单元内（未定位，或只讲到上一级）。`, `${grouped(left)} more are in none of these (no place, or told of a wider one only).`) : "");

    byId("when-told").textContent = one ? months[place] : weeks[place];
    byId("when-kind").replaceChildren(one ? both("月", "month") : both("周（起于）", "week of"));
    byId("network").disabled = Boolean(one);
    const step = (told, go) => {
      const button = make("button", told);
      button.type = "button";
      button.addEventListener("click", go);
      return button;
    };
    const crumbs = [step(say("全区", "District"), () => go(null, null))];
    if (street) crumbs.push("›", step(streets[street], () => go(street, null)));
    if (community) crumbs.push("›", step(communities[community][0], () => go(street, community)));
    byId("crumbs").replaceChildren(...crumbs);
    const dossier = byId("dossier");
    dossier.replaceChildren();
    const subject = chosen || community;
    if (subject && data.map.dossiers[street]) {
      const anchor = make("a", both(`一格一档：${chosen ? nameOf(chosen) : communities[community][0]}`, `Dossier: ${chosen ? nameOf(chosen) : communities[community][0]}`));
      anchor.href = data.map.dossiers[street];
      anchor.dataset.page = "";
      anchor.dataset.state = `of=${encodeURIComponent(subject)}`;
      dossier.append(anchor);
      link(anchor);
    }
  };
  const go = (toStreet, toCommunity) => {
    street = toStreet;
    community = toCommunity;
    chosen = null;
    remember({ street: street || "", community: community || "" });
    paint();
  };
  const drill = (code) => {
    if (level() === "street") return go(code, null);
    if (level() === "community") return go(street, code);
    chosen = code;
    return paint();
  };
  const periods = () => {
    const last = (rate() ? months : weeks).length - 1;
    byId("when").max = last;
    byId("when").value = last;
    paint();
  };
  byId("measure").addEventListener("change", periods);
  byId("network").addEventListener("change", paint);
  byId("when").addEventListener("input", paint);
  chart.on("click", (event) => {
    const cell = cells.find((cell) => cell.c === event.name);
    if (cell && codeOf(cell)) drill(codeOf(cell));
  });
  addEventListener("resize", () => chart.resize());
  addEventListener("beforeprint", () => chart.resize({ width: 420 }));
  addEventListener("afterprint", () => chart.resize({ width: "auto" }));
  document.addEventListener("spoken", paint);
  const last = weeks.length - 1;
  byId("when").max = last;
  byId("when").value = last;
})();
