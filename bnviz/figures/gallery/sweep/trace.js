// Accuracy or loss over the steps, in the chosen cell: each seed thin, the median thick, and a
// cross where one is lost.

import { side } from "../../kit/axes.js";
import { linePath, round, stroke } from "../../kit/draw.js";
import { set, svg } from "../../kit/elements.js";
import { overlaps } from "../../kit/overlap.js";
import { pickFrom, plot } from "../../kit/plot.js";
import { spread } from "../../kit/spread.js";
import { fixed } from "../../kit/words.js";

/** @typedef {import("./sweep.js").Spec} Spec */

const CROSS = "M-4 -4L4 4M-4 4L4 -4";

/**
 * @param {Spec} spec
 * @param {import("../../kit/blob.js").Arrays} arrays
 * @param {import("./read.js").Reader} read
 * @param {import("../../kit/text.js").Ruler} ruler
 * @param {(step: number) => void} onpick
 */
export function makeTrace({ styles, curve }, arrays, read, ruler, onpick) {
  const axis = /** @type {import("./sweep.js").Axis} */ (curve);
  const chart = plot({ label: "" });
  pickFrom(chart, onpick);
  const pens = styles.map((style) => stroke(style));
  const threads = pens.map((pen) =>
    svg("path", { ...pen, "stroke-dasharray": null, "stroke-opacity": 0.45 }),
  );
  const medians = pens.map((pen) => svg("path", { ...pen, "stroke-width": 2.4 }));
  const crosses = styles.map((style) =>
    svg("g", { stroke: `var(--bnviz-${style.key})`, "stroke-width": 2.4, fill: "none" }),
  );
  chart.marks.append(...threads, ...medians);
  const same = overlaps(styles, medians, ruler);
  chart.over.append(same.element, ...crosses);

  return {
    element: chart.element,
    cursor: chart.cursor,
    /**
     * @param {number} width
     * @param {number} height
     * @param {[number, number, number]} at choice, row, column
     */
    frame(width, height, [c, r, k]) {
      const last = arrays.steps[arrays.steps.length - 1];
      chart.frame({
        width, height, right: 10,
        x: { domain: [Math.min(0, arrays.steps[0]), last], count: 4, grid: false, format: fixed },
        y: { ...side(axis), count: 4 },
      });
      const [base, top] = chart.y.range;
      const y = (/** @type {number} */ place) => base + (top - base) * place;
      const xs = Array.from(arrays.steps, (step) => chart.x(step));
      /** @type {import("../../kit/overlap.js").Line[]} */
      const lines = [];
      const said = styles.map((style, s) => {
        const seeds = read.curves([c, r, k, s]);
        set(threads[s], {
          d: seeds.length > 1 ? seeds.map(({ places }) => linePath(xs, places.map(y))).join("") : "",
        });
        const middle = xs.map((_, t) => spread(seeds.map(({ places }) => places[t])).median);
        lines[s] = { xs, ys: middle.map(y) };
        set(medians[s], { d: linePath(xs, lines[s].ys) });
        const lost = seeds.filter(({ lostAt }) => lostAt > 0);
        crosses[s].replaceChildren(
          ...lost.map(({ places, lostAt }, i) => {
            const known = places.filter((place) => !Number.isNaN(place));
            const height = known.length ? y(known[known.length - 1]) : base;
            const x = round(chart.x(Math.min(last, lostAt)) + 3 * i);
            return svg("path", { d: CROSS, transform: `translate(${x} ${round(height)})` });
          }),
        );
        return seeds.length ? `${style.label}: ${seeds.length - lost.length} of ${seeds.length}` : "";
      });
      chart.describe(
        `${axis.name} over ${last} steps; seeds that reach the last: `
          + said.filter(Boolean).join("; ") + same.show(lines, chart).said,
      );
    },
  };
}
