(() => {
  const map = document.getElementById("map");
  const legend = document.getElementById("legend");
  const network = document.getElementById("network");
  const shapes = [...document.querySelectorAll("#map path")];
  let measure = "open";
  let chosen = null;

  const cell = (tag, text, className) => {
    const made = document.createElement(tag);
    made.textContent = text;
    if (className) made.className = className;
    return made;
  };

  const paint = () => {
    const view = data.views[`${measure}|${network.value}`];
    map.classList.toggle("late", measure === "overdue");
    map.classList.toggle("work", measure !== "overdue");
    shapes.forEach((shape, place) => shape.setAttribute("class", `c${view.classes[place]}`));
    if (chosen !== null) shapes[chosen].classList.add("chosen");
    legend.replaceChildren(
      ...["0", ...view.labels].map((label, number) => {
        const entry = cell("span", label);
        entry.prepend(cell("i", "", `c${number}`));
        return entry;
      }),
    );
    for (const button of document.querySelectorAll("[data-measure]")) {
      button.setAttribute("aria-pressed", String(button.dataset.measure === measure));
    }
  };

  const tell = (place) => {
    chosen = place;
    paint();
    const grid = data.grids[place];
    document.getElementById("grid-name").textContent = `${grid.name} · ${grid.code}`;
    const rows = Object.entries(grid.values).map(([name, figures]) => {
      const row = document.createElement("tr");
      const label = document.createElement("td");
      label.append(cell("span", data.networks[name].zh, "zh"), cell("span", data.networks[name].en, "en"));
      row.append(label, ...figures.map((figure) => cell("td", String(figure), "figures")));
      return row;
    });
    document.getElementById("grid-rows").replaceChildren(...rows);
    document.getElementById("grid").hidden = false;
  };

  if (network) {
    for (const button of document.querySelectorAll("[data-measure]")) {
      button.addEventListener("click", () => {
        measure = button.dataset.measure;
        paint();
      });
    }
    network.addEventListener("change", paint);
    shapes.forEach((shape, place) => {
      shape.addEventListener("click", () => tell(place));
      shape.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") {
          event.preventDefault();
          tell(place);
        }
      });
    });
  }

  const month = document.getElementById("month");
  if (month) {
    month.addEventListener("change", () => {
      for (const table of document.querySelectorAll("[data-month]")) table.hidden = table.dataset.month !== month.value;
    });
  }
})();
