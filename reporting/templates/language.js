"use strict";
(() => {
  const root = document.documentElement;
  const data = JSON.parse(document.getElementById("data").textContent);

  const speak = (english) => {
    root.classList.toggle("english", english);
    root.lang = english ? "en" : "zh-CN";
    for (const option of document.querySelectorAll("option")) {
      option.textContent = english ? option.dataset.en : option.dataset.zh;
    }
    for (const link of document.querySelectorAll("a[data-page]")) {
      link.hash = english ? "#en" : "#zh";
    }
    document.title = english ? data.title.en : data.title.zh;
  };
  document.getElementById("language").addEventListener("click", () => {
    const english = !root.classList.contains("english");
    history.replaceState(null, "", english ? "#en" : "#zh");
    speak(english);
  });
  speak(location.hash === "#en");
})();
