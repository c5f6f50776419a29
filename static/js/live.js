// Rings: the server says which topic changed, every region that listens reads its own address again.
(() => {
  const mark = document.querySelector("[data-live]");
  if (!mark) return;

  const PING_MS = 5000;
  const POLL_MS = 5000;
  const MAKE_UP_MS = 60000;
  const LONGEST_WAIT_MS = 15000;
  const NOT_A_MEMBER = 4403;
  const word = mark.querySelector(".live-word");
  const lag = mark.querySelector(".live-lag");
  const address = new URL(mark.dataset.live, location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";

  let failures = 0;
  let unanswered = false;
  let pinging;
  let polling;
  let current;
  let watched = [];
  const added = [];

  const raise = (topic) => document.body.dispatchEvent(new CustomEvent(topic, { bubbles: true }));

  const show = (state, said, behind = "") => {
    mark.dataset.state = state;
    mark.classList.toggle("tone-ok", state === "live");
    mark.classList.toggle("tone-wait", state !== "live");
    if (word.textContent !== said) word.textContent = said;
    lag.textContent = behind;
  };

  // The server is told what some region listens to, and leaves out all other rings: a busy house has many.
  const watch = (socket) => {
    const said = Array.from(document.querySelectorAll("[hx-trigger]"), (one) => one.getAttribute("hx-trigger")).join();
    const topics = [...new Set(Array.from(said.matchAll(/([^\s,]+) from:body/g), (found) => found[1]))];
    const more = topics.filter((topic) => !watched.includes(topic));
    if (socket.readyState !== WebSocket.OPEN || (!more.length && topics.length === watched.length)) return;
    if (watched.length) added.push(...more);
    watched = topics;
    socket.send(JSON.stringify({ watch: topics }));
  };

  // The answer takes the way that rings take: who gets none would hear no ring either.
  const ping = (socket) => {
    if (socket.readyState !== WebSocket.OPEN) return;
    watch(socket);
    if (unanswered) return socket.close();
    unanswered = true;
    socket.send(JSON.stringify({ ping: performance.now() }));
  };

  const heard = (message) => {
    if (message.topics) message.topics.forEach(raise);
    // What rang for a new region before the server knew of it would otherwise be missed.
    if ("watching" in message) added.splice(0).forEach(raise);
    if (!message.pong) return;
    unanswered = false;
    show("live", "Live", `· ${Math.max(1, Math.round(performance.now() - message.pong))} ms behind`);
  };

  const opened = (socket) => {
    failures = 0;
    unanswered = false;
    watched = [];
    current = socket;
    clearInterval(polling);
    polling = undefined;
    show("live", "Live");
    ping(socket);
    pinging = setInterval(() => ping(socket), PING_MS);
    // What changed between reading the page and listening would otherwise be missed.
    raise("caught-up");
  };

  const closed = (event) => {
    clearInterval(pinging);
    if (event.code === NOT_A_MEMBER) return show("down", "Not live");
    show("down", "Reconnecting…");
    polling ??= setInterval(() => document.hidden || raise("caught-up"), POLL_MS);
    // Waits grow and differ, so that a restarted server is not met by everyone at once.
    const wait = Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures++);
    setTimeout(connect, wait * (0.5 + Math.random() / 2));
  };

  function connect() {
    const socket = new WebSocket(address);
    socket.addEventListener("open", () => opened(socket));
    socket.addEventListener("message", (event) => heard(JSON.parse(event.data)));
    socket.addEventListener("close", closed);
  }

  connect();
  document.addEventListener("htmx:after:swap", () => current && watch(current));
  // A single ring may be lost on its way, and nobody notices.
  setInterval(() => document.hidden || raise("caught-up"), MAKE_UP_MS);
  // From here on, what appears may fade in; what the page brought along may not.
  window.addEventListener("load", () => document.documentElement.classList.add("settled"));
})();
