"use strict";
// Search and filter over what the page holds anyway: without this script, everything is there and nothing is hidden.
(() => {
  const form = document.getElementById("find");
  if (!form) return;
  const field = document.getElementById("word");
  const found = document.getElementById("found");
  const marks = Array.from(form.querySelectorAll("input[type=checkbox]"));
  const rows = Array.from(document.querySelectorAll("tbody[data-mark]"));
  const bars = new Map();
  for (const bar of document.querySelectorAll("li[data-item]")) bars.set(bar.dataset.item, bar);
  const chunks = Array.from(document.querySelectorAll(".chunk"));
  // The text of each restore, read once, when somebody first searches.
  let texts = null;

  const show = (element, shown) => {
    if (element && element.hidden === shown) element.hidden = !shown;
  };

  const apply = () => {
    const words = field.value.toLowerCase().split(" ").filter((word) => word !== "");
    if (words.length > 0 && texts === null) texts = rows.map((row) => row.textContent.toLowerCase());
    const wanted = new Set(marks.filter((mark) => mark.checked).map((mark) => mark.value));
    let count = 0;
    rows.forEach((row, at) => {
      const shown = wanted.has(row.dataset.mark) && words.every((word) => texts[at].includes(word));
      if (shown) count += 1;
      show(row, shown);
      show(bars.get(row.id), shown);
    });
    for (const chunk of chunks) show(chunk, chunk.querySelector("[data-mark]:not([hidden])") !== null);
    found.textContent = count + " of " + rows.length + " shown";
  };

  let waits = 0;
  const soon = () => {
    cancelAnimationFrame(waits);
    waits = requestAnimationFrame(apply);
  };

  // Whoever follows a link to a restore wants to see it, with what is known of it.
  const open = () => {
    const row = document.getElementById(location.hash.slice(1));
    if (!row || row.dataset.mark === undefined) return;
    if (row.hidden) {
      field.value = "";
      for (const mark of marks) mark.checked = true;
      apply();
    }
    const details = row.querySelector("details");
    if (details) details.open = true;
    row.scrollIntoView();
  };

  field.addEventListener("input", soon);
  form.addEventListener("change", soon);
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLInputElement;
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      field.focus();
    } else if (event.key === "Escape" && event.target === field) {
      field.value = "";
      soon();
    }
  });
  window.addEventListener("hashchange", open);
  form.hidden = false;
  apply();
  open();
})();
