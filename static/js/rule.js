// The editor of a rule: each change goes to the server, which brings sentence, rows and CEL in step.
(() => {
  const LONGEST_MS = 5000;
  let typed = false;
  let pressedAt = -Infinity;

  const rule = () => document.getElementById("rule");
  const isOfRule = (event) => event.target instanceof Element && event.target.closest("#rule") !== null;
  const isPressed = () => performance.now() - pressedAt < LONGEST_MS;

  document.addEventListener("input", (event) => {
    if (isOfRule(event)) typed = true;
  });

  // A button sends what was typed so far along: asking once more would send it without what the button does.
  document.addEventListener("htmx:config:request", (event) => {
    if (!isOfRule(event)) return;
    const isButton = event.target.matches("button");
    if (!isButton && (isPressed() || !typed)) return event.preventDefault();
    if (isButton) pressedAt = performance.now();
    typed = false;
  });

  // An answer to something older than what is being typed would take the newer letters away.
  document.addEventListener("htmx:before:swap", (event) => {
    if (isOfRule(event) && typed && !isPressed()) event.preventDefault();
  });

  document.addEventListener("htmx:after:swap", (event) => {
    if (!isOfRule(event)) return;
    // What a select shows once somebody touched it no longer follows what the server says.
    for (const select of rule().querySelectorAll("select")) {
      const said = [...select.options].find((option) => option.defaultSelected);
      if (said && said.value !== select.value) select.value = said.value;
    }
    if (isPressed() && typed) rule().dispatchEvent(new Event("input"));
    pressedAt = -Infinity;
  });
})();
