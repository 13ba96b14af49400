// Sends every change at once, those of a key point in order, and says what is not on the disk yet.
"use strict";

const saving = (() => {
  const address = document.getElementById("rating").dataset.address;
  const status = document.getElementById("status");
  const trouble = document.getElementById("trouble");
  const waiting = new Map();
  const RETRY = 1000;
  const PATIENCE = 10_000;
  const LONGEST_OUTLIVING = 60_000; // bytes that browsers send on after the page is gone
  const sending = new Map();
  let failing = false;

  // Time counts while the page is to be seen
  let seen = document.hidden ? null : performance.now();
  let spent = 0;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      spent += seen === null ? 0 : performance.now() - seen;
      seen = null;
    } else seen = performance.now();
  });

  function seconds() {
    const now = performance.now();
    const took = spent + (seen === null ? 0 : now - seen);
    spent = 0;
    if (seen !== null) seen = now;
    return took / 1000;
  }

  /** Sends what holds of a key point at once; behind one that is under way only the newest waits. */
  function keep(point, said) {
    const before = waiting.get(point);
    waiting.set(point, {
      point, ...said, change: crypto.randomUUID(), seconds: seconds() + (before ? before.seconds : 0),
    });
    status.textContent = status.dataset.saving;
    if (!sending.has(point)) sending.set(point, sendAll(point));
  }

  async function sendAll(point) {
    while (waiting.has(point)) {
      const change = waiting.get(point);
      waiting.delete(point);
      let refused = null;
      while ((refused = await send(change)) === null);
      if (refused) tell(status.dataset.refused.replace("{why}", refused));
      else if (failing) tell("");
    }
    sending.delete(point);
    if (!sending.size) status.textContent = status.dataset.saved;
  }

  /** Returns "" where it is kept, why it never will be, or null where it is to be tried again. */
  async function send(change) {
    let why = null;
    try {
      const body = JSON.stringify(change);
      const reply = await fetch(address, {
        method: "POST",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body,
        keepalive: new Blob([body]).size < LONGEST_OUTLIVING,
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (reply.ok) return "";
      const told = await reply.text();
      why = reply.headers.get("content-type")?.includes("json") ? JSON.parse(told).error : told;
      if (reply.status < 500) return why || String(reply.status);
    } catch { /* nobody answers */ }
    tell(why ? status.dataset.refused.replace("{why}", why) : status.dataset.notSaved);
    failing = true;
    await new Promise((done) => setTimeout(done, RETRY));
    return null;
  }

  function tell(words) {
    failing = false;
    trouble.hidden = !words;
    if (trouble.textContent !== words) trouble.textContent = words;
  }

  window.addEventListener("beforeunload", (event) => {
    if (sending.size) event.preventDefault();
  });

  return { keep, isFailing: () => failing, whenKept: () => Promise.all(sending.values()) };
})();
