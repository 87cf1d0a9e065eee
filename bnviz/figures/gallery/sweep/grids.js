// The grids side by side, one a series, with what their rows and columns are called.

import { cellText, valueText } from "../../kit/axes.js";
import { cellGrid } from "../../kit/cells.js";
import { swatch } from "../../kit/draw.js";
import { html, set, write } from "../../kit/elements.js";
import { widest } from "../../kit/text.js";

/** @typedef {import("./sweep.js").Spec} Spec */

const NARROW = 640; // as in sweep.css
const WIDEST = 120; // pixels of a cell

/**
 * @param {Spec} spec
 * @param {import("./read.js").Reader} read
 * @param {import("../../kit/text.js").Ruler} ruler
 * @param {(row: number, column: number) => void} onchange
 */
export function makeGrids(spec, read, ruler, onchange) {
  const { rows, columns, styles, value, goal } = spec;
  const named = (/** @type {{name: string, values: string[]}} */ side) =>
    side.values.map((text) => `${side.name} ${text}`);
  const grids = styles.map((style) =>
    cellGrid({
      label: [style.label, value.name].filter(Boolean).join(": "), rows: named(rows), columns: named(columns), onchange,
    }),
  );
  const counts = styles.map(() => html("span", { class: "bnviz-sweep-count" }));
  const rowNames = rows.values.map((text) => html("span", { "data-text": text }, text));
  const columnNames = styles.map(() => columns.values.map((text) => html("span", {}, text)));
  const most = WIDEST * columns.values.length;
  const lines = `repeat(${columns.values.length},minmax(0,1fr))`;
  const element = html(
    "div",
    {
      class: "bnviz-sweep-grids",
      style: `grid-template-columns:fit-content(96px) repeat(${styles.length},minmax(0,${most}px))`,
    },
    html("div", { class: "bnviz-sweep-corner", "aria-hidden": "true" }, rows.name),
    ...styles.map((style, s) =>
      html(
        "div", { class: "bnviz-sweep-title", style: `grid-area:2/${s + 2}` },
        style.label
          ? html("span", { class: "bnviz-key" }, swatch(style), html("strong", {}, style.label))
          : null,
        counts[s],
      ),
    ),
    html("div", { class: "bnviz-sweep-rows", "aria-hidden": "true" }, ...rowNames),
    ...grids.map((grid, s) =>
      html("div", { style: `grid-area:3/${s + 2}` }, grid.element),
    ),
    ...columnNames.map((names, s) =>
      html(
        "div", { "aria-hidden": "true", style: `grid-area:4/${s + 2}` },
        html("div", { class: "bnviz-sweep-columns", style: `grid-template-columns:${lines}` }, ...names),
        html("div", { class: "bnviz-sweep-axis" }, columns.name),
      ),
    ),
  );

  const longest = widest(read.medians().map((median) => cellText(value, median)), ruler) + 2;
  let every = 1; // which columns have room for their name
  return {
    element,
    /**
     * Leaves out what has no room.
     * @param {number} width
     */
    resize(width) {
      const narrow = width < NARROW;
      const size = narrow ? 11 : 12;
      const gap = narrow ? 6 : 14;
      const left = widest(narrow ? rows.values : [...rows.values, ...rows.name.split(" ")], ruler, size);
      const cell = ((width - left) / styles.length - gap) / columns.values.length;
      every = Math.ceil((widest(columns.values, ruler, size) + 4) / cell);
      element.toggleAttribute("data-tight", cell < longest);
    },
    /**
     * What came of each cell.
     * @param {number} choice
     */
    fill(choice) {
      styles.forEach((_, s) => {
        rows.values.forEach((_, r) => {
          columns.values.forEach((_, k) => {
            grids[s].fill(r, k, cell(read.result([choice, r, k, s])));
          });
        });
        if (goal) {
          write(counts[s], `${goal.reached[choice][s]} of ${goal.of[choice][s]} reach ${goal.text}`);
        }
      });
    },
    /**
     * @param {number} row
     * @param {number} column
     */
    choose(row, column) {
      for (const grid of grids) grid.choose(row, column);
      const mark = (/** @type {HTMLElement[]} */ names, /** @type {number} */ at) =>
        names.forEach((name, i) => set(name, { "data-chosen": i === at }));
      mark(rowNames, row);
      for (const names of columnNames) {
        mark(names, column);
        names.forEach((name, k) => {
          const room = k === column || (k % every === 0 && Math.abs(k - column) >= every);
          name.style.visibility = room ? "" : "hidden";
        });
      }
    },
  };

  /** @param {ReturnType<import("./read.js").Reader["result"]>} result */
  function cell({ median, count, lost }) {
    if (!count) return { text: "", said: "no run", share: NaN, mark: "bnviz-sweep-empty" };
    const gone = count > 1 ? `${lost} of ${count} ${spec.lost}` : spec.lost;
    if (2 * lost > count) return { text: "×", said: gone, share: NaN, mark: "bnviz-sweep-lost" };
    return {
      text: cellText(value, median),
      said: `${valueText(value, median)}${lost ? `, ${gone}` : ""}`,
      share: place(value, median),
      mark: lost ? "bnviz-sweep-some" : "",
    };
  }
}

/**
 * How far along its axis a value is, 0 … 1.
 * @param {import("./sweep.js").Axis} axis
 * @param {number} value
 */
export function place({ log, ends }, value) {
  const [low, high, at] = log ? [...ends, value].map(Math.log10) : [...ends, value];
  return Math.min(1, Math.max(0, (at - low) / (high - low || 1)));
}
