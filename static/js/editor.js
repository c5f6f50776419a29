// The text editor: a link to a line leads there, and the place of the cursor is shown.
(() => {
  const source = document.getElementById("source");
  const place = document.querySelector("[data-place]");
  if (!source) return;

  const offsetOf = (line, column) => {
    const before = source.value.split("\n").slice(0, line - 1);
    return before.reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
  };

  const go = (line, column) => {
    const start = offsetOf(line, column);
    const end = source.value.indexOf("\n", start);
    source.focus();
    source.setSelectionRange(start, end < 0 ? source.value.length : end);
    // Bring the line to the upper third: browsers leave the scroll position alone when a selection is set.
    const height = parseFloat(getComputedStyle(source).lineHeight);
    source.scrollTop = Math.max(0, (line - 1) * height - source.clientHeight / 3);
  };

  const show = () => {
    const before = source.value.slice(0, source.selectionStart).split("\n");
    place.textContent = `line ${before.length}, column ${before.at(-1).length + 1}`;
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-goto]");
    if (!link) return;
    event.preventDefault();
    go(...link.dataset.goto.split(":").map(Number));
    show();
  });
  for (const name of ["keyup", "click", "input"]) source.addEventListener(name, show);
})();
