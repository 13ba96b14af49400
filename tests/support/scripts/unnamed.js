// What can be used on a page, but has no name for who hears it.
() => [...document.querySelectorAll("button, a, input, textarea, summary, progress")]
  .filter((e) => e.checkVisibility() && !(e.textContent.trim() || e.ariaLabel || e.labels?.length))
  .map((e) => e.outerHTML)
