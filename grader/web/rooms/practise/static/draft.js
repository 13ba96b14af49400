// Keeps the draft at every pause in typing, and when the page is left.
"use strict";
{
  const form = document.getElementById("answer-form");
  const text = document.getElementById("text");
  const version = document.getElementById("version");
  const saved = document.getElementById("saved");
  const trouble = document.getElementById("trouble");
  const PAUSE = 700;
  const RETRY = 2000;
  const PATIENCE = 10_000;
  let timer = 0;
  let kept = text.value;
  let sending = null;
  let handedIn = false;
  let number = 0;
  let left = kept;
  const page = document.getElementById("page");

  page.value = crypto.randomUUID();
  document.getElementById("keep").hidden = true; // it is kept anyway

  function tell(words) {
    trouble.hidden = !words;
    if (trouble.textContent !== words) trouble.textContent = words;
  }

  function send(value, leaving) {
    return fetch(form.dataset.draft, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ text: value, version: version.value, page: page.value, number: ++number }),
      keepalive: leaving,
      signal: leaving ? undefined : AbortSignal.timeout(PATIENCE),
    });
  }

  /** Sends what was typed, one text after the other; returns whether the newest is kept. */
  async function keep() {
    clearTimeout(timer);
    while (text.value !== kept) {
      const value = text.value;
      saved.textContent = form.dataset.saving;
      let why = null;
      try {
        const reply = await send(value, false);
        const isJson = reply.headers.get("content-type")?.includes("json");
        const told = isJson ? await reply.json() : { error: await reply.text() };
        if (reply.ok) {
          kept = value;
          version.value = told.version;
          tell(told.aside ? form.dataset.aside.replace("{path}", told.aside) : "");
          continue;
        }
        why = told.error || String(reply.status);
      } catch { /* nobody answers */ }
      saved.textContent = "";
      tell(why ? form.dataset.refused.replace("{why}", why) : form.dataset.notSaved);
      timer = setTimeout(begin, RETRY);
      return false;
    }
    saved.textContent = form.dataset.saved;
    return true;
  }

  function begin() {
    if (!sending && !handedIn) sending = keep().finally(() => { sending = null; });
    return sending;
  }

  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(begin, PAUSE);
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  // A draft that is on its way goes first, so that the form knows its version
  form.addEventListener("submit", async (event) => {
    if (handedIn || !sending) {
      handedIn = true;
      clearTimeout(timer);
      return;
    }
    event.preventDefault();
    const { submitter } = event;
    await sending;
    handedIn = true;
    clearTimeout(timer);
    form.requestSubmit(submitter);
  });
  function leave() {
    if (handedIn || text.value === kept || text.value === left) return;
    left = text.value;
    send(left, true).catch(() => { left = null; });
  }
  document.addEventListener("visibilitychange", () => { if (document.hidden) leave(); });
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  window.addEventListener("beforeunload", (event) => {
    if (!handedIn && (sending || !trouble.hidden)) event.preventDefault();
  });
  text.setSelectionRange(text.value.length, text.value.length);
}
