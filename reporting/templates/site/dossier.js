/* The address names the grid or community: of=… */
(() => {
  const chooser = document.getElementById("subject");
  if (!chooser) return; // the dossier of one place
  const follow = () => {
    const wanted = state().of;
    if (![...chooser.options].some((option) => option.value === wanted)) return;
    chooser.value = wanted;
    chooser.dispatchEvent(new Event("change"));
  };
  chooser.addEventListener("change", () => remember({ of: chooser.value }));
  addEventListener("hashchange", follow);
  follow();
})();
