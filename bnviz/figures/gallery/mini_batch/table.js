// All samples with their normalized values, written while the table is open.

import { html, write } from "../../kit/elements.js";
import { fixed, formatNumber, tidy } from "../../kit/words.js";

/**
 * @param {number} largest how many samples there can be
 * @param {number} columns 3 with y, 2 without
 */
export function makeTable(largest, columns) {
  const names = ["x", "x̂", "y"].slice(0, columns);
  const rows = Array.from({ length: largest }, (_, i) => {
    const cells = names.map(() => html("data"));
    const row = html(
      "tr",
      {},
      html("th", { scope: "row" }, String(i + 1)),
      ...cells.map((cell) => html("td", {}, cell)),
    );
    return { row, cells };
  });
  const head = ["sample", ...names].map((name) => html("th", { scope: "col" }, name));
  const element = html(
    "table",
    { class: "bnviz-batch-table", "aria-label": "The samples and their normalized values" },
    html("thead", {}, html("tr", {}, ...head)),
    html("tbody", {}, ...rows.map(({ row }) => row)),
  );
  const open = () => element.closest("details")?.open === true;
  return {
    element,
    /** @param {() => void} draw what to do when the table is opened */
    onopen(draw) {
      element.closest("details")?.addEventListener("toggle", () => open() && draw());
    },
    /**
     * @param {import("./arithmetic.js").Batch} batch
     * @param {number} chosen
     * @param {number} digits of x
     */
    show(batch, chosen, digits) {
      if (!open()) return;
      const size = batch.rows[0].values.length;
      rows.forEach(({ row, cells }, i) => {
        row.hidden = i >= size;
        row.classList.toggle("bnviz-batch-chosen", i === chosen);
        if (i >= size) return;
        cells.forEach((cell, r) => {
          const value = batch.rows[r].values[i];
          cell.value = String(value);
          write(cell, r ? decimals(value) : tidy(value, digits));
        });
      });
    },
  };
}

/**
 * Three decimals, so that the points of a column stand under each other.
 * @param {number} value
 */
function decimals(value) {
  return Math.abs(value) < 100 ? fixed(value, 3) : formatNumber(value);
}
