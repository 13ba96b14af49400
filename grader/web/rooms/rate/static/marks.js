// Places in the answer, counted in code points, and the marks that show them.
"use strict";

const answerMarks = (() => {
  const answer = document.getElementById("answer");
  const points = [...answer.textContent];

  /** What is selected within the answer, or null. */
  function selected() {
    const selection = document.getSelection();
    if (!selection || selection.isCollapsed || !selection.rangeCount) return null;
    const range = selection.getRangeAt(0).cloneRange();
    if (!range.intersectsNode(answer)) return null;
    const whole = document.createRange();
    whole.selectNodeContents(answer);
    if (range.compareBoundaryPoints(Range.START_TO_START, whole) < 0) range.setStart(whole.startContainer, whole.startOffset);
    if (range.compareBoundaryPoints(Range.END_TO_END, whole) > 0) range.setEnd(whole.endContainer, whole.endOffset);
    const ahead = document.createRange();
    ahead.setStart(whole.startContainer, whole.startOffset);
    ahead.setEnd(range.startContainer, range.startOffset);
    return trimmed([...ahead.toString()].length, [...range.toString()].length);
  }

  function trimmed(start, length) {
    let end = start + length;
    while (start < end && !points[start].trim()) start += 1;
    while (end > start && !points[end - 1].trim()) end -= 1;
    return start < end ? { start, end, text: points.slice(start, end).join("") } : null;
  }

  function forget() {
    document.getSelection()?.removeAllRanges();
  }

  /** Marks these stretches and no others. */
  function show(stretches) {
    const edges = new Set([0, points.length]);
    for (const { start, end } of stretches) edges.add(start).add(end);
    const places = [...edges].sort((a, b) => a - b);
    const pieces = places.slice(0, -1).map((start, n) => {
      const text = points.slice(start, places[n + 1]).join("");
      if (!stretches.some((each) => each.start <= start && start < each.end)) return document.createTextNode(text);
      const mark = document.createElement("mark");
      mark.className = "marking";
      mark.textContent = text;
      return mark;
    });
    answer.replaceChildren(...pieces);
  }

  return { selected, forget, show };
})();
