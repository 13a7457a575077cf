/* The acceptance matrix: search, filters, sorting and a copy as CSV. Without this script the
   table is whole and readable; it needs no server and asks no other host. */
(function () {
  "use strict";
  const table = document.getElementById("matrix");
  if (!table) return;

  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const heads = Array.from(table.tHead.rows[0].cells);
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const areas = Array.from(new Set(rows.map((row) => row.dataset.area)));
  const statuses = [["", "All"], ["not", "Not met"], ["partly", "Partly met"], ["met", "Met"]];
  const asked = new URLSearchParams(location.search);
  const state = { text: asked.get("q") || "", area: asked.get("area") || "",
    status: asked.get("status") || "" };

  const make = (name, attributes, text) => {
    const element = document.createElement(name);
    Object.entries(attributes || {}).forEach(([key, value]) => element.setAttribute(key, value));
    if (text) element.textContent = text;
    return element;
  };

  const bar = make("div", { class: "ev-bar", role: "search" });
  const search = make("input", { type: "search", placeholder: "Search claims",
    "aria-label": "Search claims" });
  const area = make("select", { "aria-label": "Area" });
  const chips = make("div", { class: "ev-filter", role: "group", "aria-label": "Status" });
  const copy = make("button", { type: "button", class: "ev-copy" }, "Copy as CSV");
  const shown = make("p", { class: "ev-shown", role: "status" });

  search.value = state.text;
  area.append(new Option("All areas", ""), ...areas.map((name) => new Option(name, name)));
  area.value = state.area;
  statuses.forEach(([value, label]) => {
    const number = rows.filter((row) => !value || row.dataset.status === value).length;
    const chip = make("button", { type: "button", "data-status": value }, label + " " + number);
    chip.addEventListener("click", () => { state.status = value; show(); });
    chips.append(chip);
  });

  const show = () => {
    const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
    let number = 0;
    rows.forEach((row) => {
      const fits = (!state.status || row.dataset.status === state.status) &&
        (!state.area || row.dataset.area === state.area) &&
        words.every((word) => texts.get(row).includes(word));
      row.hidden = !fits;
      number += fits ? 1 : 0;
    });
    Array.from(chips.children).forEach((chip) =>
      chip.setAttribute("aria-pressed", String(chip.dataset.status === state.status)));
    shown.textContent = number === rows.length
      ? rows.length + (rows.length === 1 ? " claim" : " claims")
      : number + " of " + rows.length + " claims";
  };

  /* A cell that a spreadsheet would run as a formula is made text by an apostrophe. */
  const quoted = (value) => {
    const safe = /^[=+\-@\t\r]/.test(value) ? "'" + value : value;
    return '"' + safe.replace(/"/g, '""') + '"';
  };

  const csv = () => {
    const lines = [heads, ...rows.filter((row) => !row.hidden).map((row) => Array.from(row.cells))];
    return lines.map((cells) =>
      cells.map((cell) => quoted((cell.textContent || "").replace(/\s+/g, " ").trim())).join(","))
      .join("\r\n") + "\r\n";
  };

  const put = async (value) => {
    try {
      await navigator.clipboard.writeText(value);
    } catch {
      const area = make("textarea", { class: "ev-unseen" });
      area.value = value;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  };

  const sort = (index, head) => {
    const up = head.getAttribute("aria-sort") !== "ascending";
    heads.forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const keys = new Map(rows.map((row) => [row, row.cells[index].textContent.trim()]));
    const order = new Intl.Collator("en", { numeric: true }).compare;
    rows.sort((a, b) => (up ? 1 : -1) * order(keys.get(a), keys.get(b)));
    body.append(...rows);
  };

  heads.forEach((head, index) => {
    const button = make("button", { type: "button", class: "ev-sort" });
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(index, head));
    head.append(button);
  });
  search.addEventListener("input", () => { state.text = search.value; show(); });
  area.addEventListener("change", () => { state.area = area.value; show(); });
  copy.addEventListener("click", () => {
    put(csv()).then(() => {
      copy.textContent = "Copied";
      setTimeout(() => { copy.textContent = "Copy as CSV"; }, 1500);
    });
  });

  bar.append(search, area, chips, copy);
  table.parentElement.before(bar, shown);
  table.classList.add("ev-matrix--live");
  show();
})();
