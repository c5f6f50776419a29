// Light, dark or as the system says. Loaded before the first paint, so that nothing flashes.
(() => {
  const KEY = "theme";
  const root = document.documentElement;
  const kept = () => localStorage.getItem(KEY) || "auto";

  const show = (theme) => {
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme));
    }
  };

  show(kept());
  document.addEventListener("DOMContentLoaded", () => {
    show(kept());
    document.addEventListener("click", (event) => {
      const button = event.target.closest("[data-theme-choice]");
      if (!button) return;
      localStorage.setItem(KEY, button.dataset.themeChoice);
      show(button.dataset.themeChoice);
    });
  });
  // Another tab of the same person follows at once.
  window.addEventListener("storage", (event) => event.key === KEY && show(kept()));
})();
