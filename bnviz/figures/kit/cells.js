// A grid of cells, one of which is chosen: radio buttons in rows and columns. kit.css dresses it.

import { html, newId, set, write } from "./elements.js";

/**
 * What a cell shows.
 * @typedef {object} Cell
 * @property {string} text in the cell
 * @property {string} said what a screen reader hears after the cell's place
 * @property {number} share how deep its ground is, 0 … 1; NaN for none
 * @property {string} [mark] a class of its own
 */

/**
 * Arrow keys move along rows and columns; Home and End go to the ends of a row.
 * @param {object} options
 * @param {string} options.label of the grid
 * @param {string[]} options.rows what each row is called, as in "learning rate 0.1"
 * @param {string[]} options.columns
 * @param {(row: number, column: number) => void} options.onchange
 */
export function cellGrid({ label, rows, columns, onchange }) {
  const name = newId("cell");
  const cells = rows.map((_, r) =>
    columns.map((_, k) => {
      const input = html("input", {
        type: "radio", class: "bnviz-cover", name, onchange: () => onchange(r, k),
      });
      const text = html("span", { "aria-hidden": "true" });
      return { input, text, element: html("label", { class: "bnviz-cell" }, input, text) };
    }),
  );
  const element = html(
    "div",
    {
      class: "bnviz-cells", role: "radiogroup", "aria-label": label,
      style: `grid-template-columns:repeat(${columns.length},minmax(0,1fr))`,
    },
    ...cells.flat().map((cell) => cell.element),
  );
  element.addEventListener("keydown", (event) => {
    const at = cells.flat().findIndex((cell) => cell.input === event.target);
    const next = at < 0 ? null : afterKey(event.key, at, rows.length, columns.length);
    if (next === null) return;
    event.preventDefault();
    const [r, k] = next;
    cells[r][k].input.checked = true;
    cells[r][k].input.focus();
    onchange(r, k);
  });
  return {
    element,
    /**
     * Chooses without calling `onchange`.
     * @param {number} row
     * @param {number} column
     */
    choose(row, column) {
      cells[row][column].input.checked = true;
    },
    /**
     * @param {number} row
     * @param {number} column
     * @param {Cell} cell
     */
    fill(row, column, { text, said, share, mark = "" }) {
      const cell = cells[row][column];
      const percent = Number.isNaN(share) ? 0 : Math.round(DEEPEST * share);
      write(cell.text, text);
      set(cell.input, { "aria-label": `${rows[row]}, ${columns[column]}: ${said}` });
      set(cell.element, {
        class: `bnviz-cell ${mark}`, style: `--bnviz-depth:${percent}%`,
        "data-depth": percent > 60 ? "deep" : percent > 39 ? "middle" : null,
      });
    },
  };
}

const DEEPEST = 90; // per cent of the text's color

/**
 * The cell that a key goes to, or null.
 * @param {string} key
 * @param {number} at
 * @param {number} rows
 * @param {number} columns
 * @returns {[number, number]|null}
 */
export function afterKey(key, at, rows, columns) {
  const [r, k] = [Math.floor(at / columns), at % columns];
  const inside = (/** @type {number} */ i, /** @type {number} */ count) =>
    Math.min(count - 1, Math.max(0, i));
  switch (key) {
    case "ArrowUp": return [inside(r - 1, rows), k];
    case "ArrowDown": return [inside(r + 1, rows), k];
    case "ArrowLeft": return [r, inside(k - 1, columns)];
    case "ArrowRight": return [r, inside(k + 1, columns)];
    case "Home": return [r, 0];
    case "End": return [r, columns - 1];
    default: return null;
  }
}
