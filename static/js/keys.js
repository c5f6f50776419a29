// The keyboard: j and k move through rows, Enter opens, "/" searches, any element with data-key answers to its key.
(() => {
  const KEY = "keys";
  const off = () => localStorage.getItem(KEY) === "off";
  const typing = (target) => target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
  const visible = (element) => element.getClientRects().length > 0;
  const help = document.getElementById("keys");

  const move = (step) => {
    const rows = [...document.querySelectorAll("main [data-row]")].filter(visible);
    if (!rows.length) return false;
    const here = rows.indexOf(document.activeElement);
    const current = here >= 0 ? here : rows.findIndex((row) => row.matches("[aria-current]"));
    rows[Math.min(rows.length - 1, Math.max(0, current + step))].focus();
    return true;
  };

  const press = (key) => {
    const all = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].filter(visible);
    // What stands on the page goes before what stands around it.
    const element = all.find((one) => one.closest("main")) || all[0];
    if (!element) return false;
    if (typing(element)) element.focus();
    else element.click();
    return true;
  };

  const choose = () => {
    const row = document.activeElement.closest("[data-row]") || document.querySelector("[data-row][aria-current]");
    const box = row?.parentElement.querySelector("[data-choose]");
    box?.click();
    return Boolean(box);
  };

  const answer = (key) => {
    if (key === "j") return move(1);
    if (key === "k") return move(-1);
    if (press(key) || (key === "x" && choose())) return true;
    if (key === "?" && help) {
      help.showModal();
      return true;
    }
    return false;
  };

  document.addEventListener("keydown", (event) => {
    if (off() || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (document.querySelector("dialog[open]")) return;
    if (answer(event.key)) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    // A menu closes when something else is clicked.
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target) || opener) menu.open = false;
    }
  });

  const choice = document.querySelector("[data-keys-choice]");
  if (choice) {
    choice.checked = !off();
    choice.addEventListener("change", () => localStorage.setItem(KEY, choice.checked ? "on" : "off"));
  }
})();
