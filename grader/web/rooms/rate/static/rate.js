// One key a verdict: what a key or a touch does to the key point that is current.
"use strict";

const VERDICTS = {
  1: "met", m: "met", 2: "partial", p: "partial", 3: "missed", x: "missed",
  4: "contradicted", c: "contradicted", u: "unsure",
};
const rating = document.getElementById("rating");
const items = [...document.querySelectorAll(".rated-point")];
const said = JSON.parse(document.getElementById("said").textContent);
const told = document.getElementById("told");
const single = document.getElementById("single");
const next = document.getElementById("next");
let current = -1;

function paint(index) {
  const item = items[index];
  const { verdict, note, evidence } = said[index];
  for (const choice of item.querySelectorAll(".choice")) {
    choice.setAttribute("aria-pressed", String(choice.dataset.verdict === verdict));
  }
  const badge = item.querySelector(".badge");
  const chosen = verdict && item.querySelector(`[data-verdict="${verdict}"] b`);
  badge.textContent = verdict ? (chosen ? chosen.textContent : verdict) : "";
  badge.className = `badge ${verdict === "unsure" ? "ungraded" : verdict || ""}`;
  item.querySelector(".clear").hidden = !verdict;
  const field = item.querySelector("textarea");
  if (field !== document.activeElement) field.value = note;
  const list = item.querySelector(".marked");
  list.replaceChildren(...evidence.map((piece, number) => chip(index, piece, number, list.dataset.remove)));
  if (index === current) answerMarks.show(evidence);
}

function chip(index, piece, number, remove) {
  const row = document.createElement("li");
  const quote = document.createElement("q");
  quote.textContent = piece.text;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "×";
  button.setAttribute("aria-label", `${remove}: ${piece.text}`);
  button.addEventListener("click", () => {
    change(index, { evidence: said[index].evidence.filter((_, other) => other !== number) });
    items[index].focus();
  });
  row.append(quote, button);
  return row;
}

function change(index, part) {
  if (saving.isFailing()) return false;
  Object.assign(said[index], part);
  paint(index);
  saving.keep(index, said[index]);
  return true;
}

function go(index, focus = true) {
  if (index < 0 || index >= items.length) return;
  current = index;
  items.forEach((item, number) => {
    item.classList.toggle("current", number === index);
    item.querySelector(".to-point").setAttribute("aria-expanded", String(number === index));
    if (number === index) item.setAttribute("aria-current", "true");
    else item.removeAttribute("aria-current");
  });
  answerMarks.show(said[index].evidence);
  if (focus) items[index].focus({ preventScroll: true });
  items[index].scrollIntoView({ block: "nearest" });
}

function rate(index, verdict) {
  const choice = verdict && items[index].querySelector(`[data-verdict="${verdict}"]`);
  if (verdict && !choice) return; // a key point that knows no partial
  if (!change(index, { verdict: verdict || null })) return;
  if (!verdict) return;
  told.textContent = told.dataset.told.replace("{verdict}", choice.querySelector("b").textContent);
  if (index + 1 < items.length) go(index + 1);
  else next.focus();
}

function takeBack() {
  if (document.activeElement === next) go(items.length - 1);
  else if (!said[current].verdict && current > 0) go(current - 1);
  if (said[current].verdict) rate(current, "");
}

function mark() {
  const piece = answerMarks.selected();
  if (!piece) return;
  const known = said[current].evidence.some((each) => each.start === piece.start && each.end === piece.end);
  if (known || change(current, { evidence: [...said[current].evidence, piece] })) {
    answerMarks.forget();
    items[current].focus({ preventScroll: true });
  }
}

async function goOn(address) {
  await saving.whenKept();
  window.location.assign(address);
}

const DOES = {
  ArrowDown: () => go(current + 1), j: () => go(current + 1),
  ArrowUp: () => go(document.activeElement === next ? current : current - 1),
  k: () => go(document.activeElement === next ? current : current - 1),
  Backspace: takeBack, Delete: takeBack, e: mark,
  n: () => items[current].querySelector("textarea").focus(),
  "?": () => { const keys = document.getElementById("keys"); keys.open = !keys.open; keys.querySelector("summary").focus(); },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const at = event.target;
  if (at instanceof HTMLTextAreaElement) {
    if (event.key === "Escape") { go(current); event.preventDefault(); }
    return;
  }
  if (event.key === "Enter") {
    if (at.closest("a, button, summary, input")) return;
    event.preventDefault();
    if (!event.repeat) goOn(next.href);
    return;
  }
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const verdict = VERDICTS[key];
  if (event.key.length === 1 && !single.checked) return;
  if (at.id === "pane" && key.startsWith("Arrow")) return; // they scroll a long answer
  if (!verdict && !DOES[key]) return;
  event.preventDefault();
  if (verdict && !event.repeat) rate(current, verdict);
  else if (!verdict) DOES[key]();
});

items.forEach((item, index) => {
  item.querySelector(".to-point").addEventListener("click", () => go(index));
  for (const button of item.querySelectorAll("[data-verdict]")) {
    button.addEventListener("click", () => { rate(index, button.dataset.verdict); if (!button.dataset.verdict) item.focus(); });
  }
  const field = item.querySelector("textarea");
  field.addEventListener("focus", () => { if (current !== index) go(index, false); });
  field.addEventListener("input", () => {
    if (!change(index, { note: field.value })) field.value = said[index].note;
  });
});

// With a mouse what is selected is taken at once; touch and keyboard have a button for it
document.addEventListener("pointerup", (event) => {
  if (event.pointerType === "mouse" && event.target.closest("#answer")) setTimeout(mark);
});
document.addEventListener("selectionchange", () => {
  document.getElementById("selection").hidden = !answerMarks.selected();
});
document.getElementById("mark").addEventListener("pointerdown", (event) => event.preventDefault());
document.getElementById("mark").addEventListener("click", mark);

for (const link of document.querySelectorAll("a[href]")) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || link.hash) return;
    event.preventDefault();
    goOn(link.href);
  });
}

const kept = sessionStorage.getItem("rate-single");
if (kept !== null) single.checked = kept === "yes";
single.addEventListener("change", () => sessionStorage.setItem("rate-single", single.checked ? "yes" : "no"));
// A page that the browser kept would show what held then
window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });

items.forEach((_, index) => paint(index));
const open = said.findIndex(({ verdict }) => !verdict);
go(open < 0 ? 0 : open);
