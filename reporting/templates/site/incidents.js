/* One incident: who told it when, on one line a network. */
(() => {
  const { tellings, networks, roles, bases } = data;
  const byId = (id) => document.getElementById(id);
  const place = byId("timeline");
  let chart = null;
  let chosen = state().incident in tellings ? state().incident : null;
  const name = (network) => (networks[network] ? say(...networks[network]) : network);
  const show = () => {
    const told = tellings[chosen] || [];
    const lines = [...new Set(told.map(([, network]) => network))];
    chart = chart || echarts.init(place, null, { renderer: "svg" });
    chart.setOption(
      {
        ...PLAIN,
        grid: { left: 8, right: 24, top: 10, bottom: 4, containLabel: true },
        tooltip: { ...TOOLTIP, formatter: (event) => `${event.value[0]}\n${name(lines[event.value[1]])} ${event.value[2]}` },
        xAxis: { type: "time", axisLabel: { hideOverlap: true } },
        yAxis: { type: "category", inverse: true, data: lines.map(name), axisTick: { show: false }, splitLine: { show: true } },
        series: [{ type: "scatter", symbolSize: 13, data: told.filter(([at]) => at).map(([at, network, key]) => [at, lines.indexOf(network), key]) }],
      },
      true,
    );
    chart.resize();
    byId("tellings").tBodies[0].replaceChildren(
      ...told.map(([at, network, key, id, role, by, value]) => {
        const anchor = make("a", make("code", key));
        anchor.href = `${data.root}cases.html`;
        anchor.dataset.page = "";
        anchor.dataset.state = `case=${encodeURIComponent(id)}`;
        link(anchor);
        const words = roles[role] || [role, role];
        return make("tr", [make("td", at || "—", "number"), make("td", name(network)), make("td", anchor), make("td", both(...words)), make("td", [both(...(bases[by] || [by, by])), value === null ? "" : ` ${(value / 1000).toFixed(1)}`])]);
      }),
    );
    for (const button of document.querySelectorAll("[data-incident]")) {
      button.setAttribute("aria-pressed", String(button.dataset.incident === chosen));
      if (button.dataset.incident === chosen) byId("incident-title").textContent = button.textContent;
    }
  };
  for (const button of document.querySelectorAll("[data-incident]")) {
    button.addEventListener("click", () => {
      chosen = button.dataset.incident;
      remember({ incident: chosen });
      show();
    });
  }
  chosen = chosen || (document.querySelector("[data-incident]") || { dataset: {} }).dataset.incident || null;
  addEventListener("resize", () => chart && chart.resize());
  document.addEventListener("spoken", show);
})();
