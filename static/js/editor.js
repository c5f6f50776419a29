// Text editors: a link to a line leads there, the place of the cursor is shown, lines keep their numbers.
(() => {
  const place = document.querySelector("[data-place]");
  const find = (link) => document.getElementById(link.hash.slice(1)) ?? document.getElementById("source");

  const offsetOf = (text, line, column) => {
    const before = text.split("\n").slice(0, line - 1);
    return before.reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
  };

  const go = (source, line, column) => {
    const start = offsetOf(source.value, line, column);
    const end = source.value.indexOf("\n", start);
    source.focus();
    source.setSelectionRange(start, end < 0 ? source.value.length : end);
    // Bring the line to the upper third: browsers leave the scroll position alone when a selection is set.
    const height = parseFloat(getComputedStyle(source).lineHeight);
    source.scrollTop = Math.max(0, (line - 1) * height - source.clientHeight / 3);
  };

  const show = (source) => {
    const before = source.value.slice(0, source.selectionStart).split("\n");
    if (place) place.textContent = `line ${before.length}, column ${before.at(-1).length + 1}`;
  };

  const number = (source) => {
    const numbers = source.closest(".cel")?.querySelector(".cel-numbers");
    const lines = Math.max(2, source.value.split("\n").length);
    if (numbers) numbers.textContent = Array.from({ length: lines }, (_, at) => at + 1).join("\n");
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-goto]");
    const source = link && find(link);
    if (!source) return;
    event.preventDefault();
    go(source, ...link.dataset.goto.split(":").map(Number));
    show(source);
  });
  for (const name of ["keyup", "click", "input"]) {
    document.addEventListener(name, (event) => {
      const source = event.target.closest("textarea#source, textarea[data-source]");
      if (!source) return;
      show(source);
      if (name === "input") number(source);
    });
  }
})();
