/* Charts: options are plain data; where one holds {zh, en} the language decides. */
const charts = new Map();
const INK = getComputedStyle(root).getPropertyValue("--ink").trim();
const SOFT = getComputedStyle(root).getPropertyValue("--soft").trim();
const FONT = getComputedStyle(root).getPropertyValue("--sans").trim();
const spoken = (value) => {
  if (Array.isArray(value)) return value.map(spoken);
  if (value === null || typeof value !== "object") return value;
  const keys = Object.keys(value);
  if (keys.length === 2 && "zh" in value && "en" in value) return say(value.zh, value.en);
  return Object.fromEntries(keys.map((key) => [key, spoken(value[key])]));
};
const PLAIN = {
  animation: false,
  aria: { enabled: true },
  color: ["#1f7797", "#8fb6a1", "#c98b2b", "#6b5b95", "#9aa5af", "#a8321c"],
  textStyle: { fontFamily: FONT, color: INK },
};
const TOOLTIP = { renderMode: "richText", confine: true, borderColor: "#8a97a4", textStyle: { color: INK, fontSize: 13 } };
const draw = (place) => {
  if (!place.clientWidth) return;
  let chart = charts.get(place);
  if (!chart) {
    chart = echarts.init(place, null, { renderer: place.dataset.renderer || "svg" });
    charts.set(place, chart);
  }
  const option = spoken(data.charts[place.dataset.chart]);
  chart.setOption({ ...PLAIN, ...option, tooltip: { ...TOOLTIP, ...option.tooltip } }, true);
  chart.resize();
};
const drawAll = () => document.querySelectorAll("[data-chart]").forEach(draw);
document.addEventListener("spoken", drawAll);
document.addEventListener("laid", drawAll);
let waiting = 0;
addEventListener("resize", () => {
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(() => charts.forEach((chart) => chart.resize()));
});
/* A printed page is 690 px wide: a chart keeps its share of the sheet. */
addEventListener("beforeprint", () => {
  const sheet = document.querySelector("main").clientWidth;
  charts.forEach((chart, place) => chart.resize({ width: Math.round((690 * place.clientWidth) / sheet) }));
});
addEventListener("afterprint", () => charts.forEach((chart) => chart.resize({ width: "auto" })));
