/* The lines of a score: what each gives, what it deducts, and the cases that cost. */
document.addEventListener("click", (event) => {
  const score = event.target.closest("button[data-score]");
  if (!score) return;
  const [card, month, code] = score.dataset.score.split("|");
  const rows = data.scores[score.dataset.score].map((line) => {
    const cases = line.items.flatMap(([id, key, costs], place) => {
      const anchor = make("a", make("code", key));
      anchor.href = `${data.root}cases.html`;
      anchor.dataset.page = "";
      anchor.dataset.state = `case=${encodeURIComponent(id)}`;
      return [place ? ", " : "", anchor, costs ? ` −${costs}` : ""];
    });
    const parts = line.d === null ? grouped(line.n) : `${grouped(line.n)} / ${grouped(line.d)}`;
    return make("tr", [
      make("td", [both(line.zh, line.en), make("br"), make("code", line.rule, "soft")]),
      make("td", [line.figure, make("br"), make("span", parts, "soft")], "figures"),
      make("td", line.maximum, "figures"),
      make("td", line.deduction, "figures"),
      make("td", make("strong", line.points), "figures"),
      make("td", cases),
    ]);
  });
  const names = [["项目", "line", ""], ["指标值", "figure", "figures"], ["满分", "of", "figures"], ["扣分", "deducted", "figures"], ["得分", "points", "figures"], ["未达标案件（扣分多的在前）", "cases that missed, costliest first", ""]];
  const head = make("tr", names.map(([zh, en, css]) => make("th", both(zh, en), css)));
  const name = score.closest("tr").cells[1].firstChild.textContent;
  tell(both("得分构成", "What the score is made of"), [
    make("p", [make("strong", name), ` · ${month.slice(0, 7)}`]),
    make("div", make("table", [make("thead", head), make("tbody", rows)], "dense"), "wide"),
    make("p", make("code", `select * from mart.rpt_scorecard_item where scorecard = '${card}' and month = '${month}' and ratee_code = '${code}'`, "command")),
  ]);
});
