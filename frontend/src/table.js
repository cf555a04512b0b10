// Sorting a result table by its headers, announced by aria-sort; without script the table is as the query ordered it.

/** Makes the headers of each table[data-sortable] in `root` buttons; a third press gives the query's order back. */
export function sortable(root, locale, text) {
  const collator = new Intl.Collator(locale, { numeric: true, sensitivity: "base" });
  for (const table of root.querySelectorAll("table[data-sortable]")) {
    const body = table.tBodies[0];
    if (!body) continue;
    const original = [...body.rows];
    for (const header of table.tHead?.rows[0]?.cells ?? []) {
      if (header.querySelector("button")) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sparql-sort";
      button.title = text.sort ?? "";
      button.append(...header.childNodes);
      header.append(button);
      header.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const next = { none: "ascending", ascending: "descending", descending: "none" }[header.getAttribute("aria-sort")];
        for (const other of table.tHead.rows[0].cells) if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
        header.setAttribute("aria-sort", next);
        body.replaceChildren(...(next === "none" ? original : sorted(original, header.cellIndex, next, collator)));
      });
    }
  }
}

/** Unbound values come last in both directions; numbers before text. */
export function sorted(rows, index, direction, collator) {
  const sign = direction === "descending" ? -1 : 1;
  return rows
    .map((row) => ({ row, value: valueOf(row.cells[index]) }))
    .sort((one, two) => {
      if (one.value === null || two.value === null) return (one.value === null) - (two.value === null);
      return sign * compare(one.value, two.value, collator);
    })
    .map(({ row }) => row);
}

function valueOf(cell) {
  const text = cell?.getAttribute("data-value") ?? cell?.textContent.trim() ?? "";
  if (!text) return null;
  const number = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : NaN;
  return Number.isNaN(number) ? text : number;
}

function compare(one, two, collator) {
  if (typeof one === "number" && typeof two === "number") return one - two;
  if (typeof one !== typeof two) return typeof one === "number" ? -1 : 1;
  return collator.compare(one, two);
}
