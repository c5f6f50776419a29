// The queue by keyboard: an answer that needs a reason asks for it first; rows are chosen; what was opened is told.
(() => {
  const armed = { button: null };
  const hint = () => document.getElementById("armed");

  // A button that needs words puts the cursor where they go; Ctrl or ⌘ and Enter then press it.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-needs]");
    const field = button && document.getElementById(button.dataset.needs);
    if (!field || field.value.trim()) return;
    event.preventDefault();
    armed.button = button;
    field.focus();
    if (!hint()) return;
    hint().textContent = `Why? Ctrl and Enter: ${button.firstChild.textContent.trim().toLowerCase()}.`;
    hint().hidden = false;
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || !event.target.matches("textarea")) return;
    const inside = armed.button?.form === event.target.form ? armed.button : event.target.form.querySelector("[name=verdict]");
    if (!inside) return;
    event.preventDefault();
    inside.click();
  });

  // What a person opened while they decided goes with their answer.
  document.addEventListener("toggle", (event) => {
    const part = event.target;
    if (!part.open || !part.matches("details")) return;
    part.querySelector("select")?.focus();
    const form = document.getElementById("decision");
    if (!form || !part.dataset.seen || [...form.elements].some((one) => one.name === "seen" && one.value === part.dataset.seen)) return;
    const seen = document.createElement("input");
    Object.assign(seen, { type: "hidden", name: "seen", value: part.dataset.seen });
    form.append(seen);
  }, true);

  // Once a row is chosen, only rows like it can be.
  const count = () => {
    const chosen = [...document.querySelectorAll("[data-choose]:checked")];
    for (const box of document.querySelectorAll("[data-choose]")) {
      box.disabled = chosen.length > 0 && box.dataset.choose !== chosen[0].dataset.choose;
    }
    const told = document.querySelector("[data-chosen]");
    if (told) told.textContent = chosen.length ? `${chosen.length} chosen · ` : "";
  };
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-choose]")) count();
  });
  document.addEventListener("htmx:after:swap", count);
})();
