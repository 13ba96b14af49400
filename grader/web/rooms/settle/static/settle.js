// The keys of the rooms in which a team decides. Without it all is done by Tab and Enter.
"use strict";

const form = document.getElementById("settle");
const single = document.getElementById("single");

function choose(key) {
  const choice = form?.querySelector(`[data-key="${key}"]`);
  if (!choice) return;
  choice.checked = true;
  const name = document.getElementById("by");
  (name.value.trim() ? document.getElementById("why") : name).focus();
}

const DOES = {
  1: choose, 2: choose, 3: choose, 4: choose,
  j: () => document.getElementById("after")?.click(),
  k: () => document.getElementById("before")?.click(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  const at = document.activeElement;
  const typing = at.matches("input[type=text], textarea");
  if (event.key === "Escape" && typing) at.blur();
  if (typing || (single && !single.checked) || !DOES[event.key]) return;
  event.preventDefault();
  DOES[event.key](event.key);
});

// Sent once: a second Enter must not decide twice
form?.addEventListener("submit", (event) => {
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});

const copy = document.getElementById("copy");
if (copy && navigator.clipboard) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById("note-line").textContent);
    copy.textContent = copy.dataset.done;
  });
}

if (single) {
  const kept = sessionStorage.getItem("settle-single");
  if (kept !== null) single.checked = kept === "yes";
  single.addEventListener("change", () => sessionStorage.setItem("settle-single", single.checked ? "yes" : "no"));
}
// A page that the browser kept would show what held then
window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
document.getElementById("flash")?.focus();
