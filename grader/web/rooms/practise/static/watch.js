// Shows each verdict as it comes, and goes to the result when all are there.
"use strict";
{
  const watch = document.getElementById("watch");
  const stage = document.getElementById("stage");
  const count = document.getElementById("count");
  const heard = document.getElementById("heard");
  const claims = document.getElementById("claims");
  const points = [...watch.querySelectorAll("[data-id]")];
  const told = new Set();
  const RETRY = 2000;
  let verdicts = 0;

  function log(words) {
    if (told.has(words)) return;
    told.add(words);
    const line = document.createElement("p");
    line.textContent = words;
    heard.append(line);
  }

  function put(words, values) {
    return words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  const events = new EventSource(watch.dataset.events);
  events.addEventListener("open", () => { verdicts = 0; });
  events.addEventListener("stage", (event) => { stage.textContent = JSON.parse(event.data).words; });
  events.addEventListener("verdict", (event) => {
    const graded = JSON.parse(event.data);
    verdicts += 1;
    count.value = verdicts;
    const at = points.findIndex((point) => point.dataset.id === graded.point);
    if (at >= 0) {
      const badge = points[at].querySelector(".badge");
      badge.className = `badge ${graded.verdict}`;
      badge.textContent = `${graded.sign} ${graded.word}`;
      log(put(watch.dataset.point, { number: at + 1, all: points.length, verdict: graded.word }));
    } else if (graded.claim) {
      const words = put(watch.dataset.claim, graded);
      if (!told.has(words) && ![...claims.querySelectorAll("li")].some((li) => li.textContent === graded.claim)) {
        const line = document.createElement("li");
        line.textContent = graded.claim;
        claims.querySelector("ul").append(line);
        claims.hidden = false;
      }
      log(words);
    }
  });
  events.addEventListener("over", () => {
    events.close();
    location.replace(watch.dataset.over);
  });
  events.addEventListener("error", () => {
    stage.textContent = watch.dataset.lost;
    // After some failures the browser does not try again by itself
    if (events.readyState === EventSource.CLOSED) setTimeout(goOn, RETRY);
  });

  async function goOn() {
    try {
      await fetch(watch.dataset.over);
      location.replace(watch.dataset.over);
    } catch {
      setTimeout(goOn, RETRY);
    }
  }
}
