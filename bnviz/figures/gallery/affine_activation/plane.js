// The plane of γ and β: a mark for every learned unit. A tap takes its γ and β.

import { label, round, tint } from "../../kit/draw.js";
import { set, svg, write } from "../../kit/elements.js";
import { pickFrom, plot } from "../../kit/plot.js";
import { tidy } from "../../kit/words.js";

/** @typedef {import("./normal.js").State} State */
/** @typedef {import("../../kit/draw.js").Style} Style */

const NEAR = 14; // pixels from a mark at which a tap means it
const SHAPES = [
  "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0Z",
  "M-3.2-3.2h6.4v6.4h-6.4Z",
  "M0-4.5L4.5 0L0 4.5L-4.5 0Z",
  "M0-4.2L4.2 3.4H-4.2Z",
  "M-1.2-4.4h2.4v3.2h3.2v2.4h-3.2v3.2h-2.4v-3.2h-3.2v-2.4h3.2Z",
  "M-4 0L3.4 4.2V-4.2Z",
];

/**
 * The mark of a group, for its key.
 * @param {Style} style
 * @param {number} index of the group
 */
export function swatchOf(style, index) {
  return svg(
    "svg",
    { width: 14, height: 14, viewBox: "-7 -7 14 14", "aria-hidden": "true", class: "bnviz-swatch" },
    svg("path", { d: SHAPES[index % SHAPES.length], ...tint(style, 1) }),
  );
}

/**
 * @param {{styles: Style[], counts: number[], plane: {weight: number[], bias: number[]},
 *   learned: string[]}} spec
 * @param {ArrayLike<number>} learned γ and β of one unit after the other
 * @param {(weight: number, bias: number, unit: number) => void} choose
 */
export function makePlane(spec, learned, choose) {
  const groups = spec.counts.flatMap((count, s) => Array.from({ length: count }, (_, i) => [s, i]));
  const marks = groups.map(([s]) =>
    svg("path", { d: SHAPES[s % SHAPES.length], ...tint(spec.styles[s], 0.75) }),
  );
  const start = svg("circle", { class: "bnviz-affine-start", r: 5.5 });
  const startName = label("start", { class: "bnviz-halo" });
  const here = svg("path", { class: "bnviz-affine-here", d: "M-10 0H10M0-10V10" });
  const ring = svg("circle", { class: "bnviz-affine-chosen", r: 8 });
  const hint = label("", { class: "bnviz-strong bnviz-halo", "text-anchor": "end" });
  const all = ["The plane of γ and β; the sliders set the same.", ...spec.learned].join(" ");
  const chart = plot({ label: all });
  pickFrom(chart, pick, "crosshair");
  chart.over.append(...marks, start, startName, here, ring, hint);
  let fresh = true; // nothing was picked yet

  /**
   * @param {number} weight
   * @param {number} bias
   */
  function pick(weight, bias) {
    const unit = nearestUnit(weight, bias);
    if (unit >= 0) choose(learned[2 * unit], learned[2 * unit + 1], unit);
    else choose(Number(weight.toFixed(2)), Number(bias.toFixed(2)), -1);
  }
  /**
   * @param {number} weight
   * @param {number} bias
   */
  function nearestUnit(weight, bias) {
    const [px, py] = [chart.x(weight), chart.y(bias)];
    let nearest = -1;
    let least = NEAR;
    marks.forEach((_, i) => {
      const distance = Math.hypot(chart.x(learned[2 * i]) - px, chart.y(learned[2 * i + 1]) - py);
      if (distance < least) [nearest, least] = [i, distance];
    });
    return nearest;
  }
  /**
   * @param {number} weight
   * @param {number} bias
   */
  const at = (weight, bias) => `translate(${round(chart.x(weight))} ${round(chart.y(bias))})`;
  const inside = (/** @type {number} */ v, /** @type {number[]} */ [low, high]) =>
    Math.min(Math.max(v, low), high);

  return {
    element: chart.element,
    /**
     * @param {number} width
     * @param {number} height
     */
    frame(width, height) {
      chart.frame({
        width, height, right: 8,
        x: { domain: spec.plane.weight, title: "γ (weight)", count: 4 },
        y: { domain: spec.plane.bias, title: "β (bias)", count: 4 },
      });
      marks.forEach((mark, i) => set(mark, { transform: at(learned[2 * i], learned[2 * i + 1]) }));
      set(start, { transform: at(1, 0) });
      set(startName, { transform: at(1, 0), x: 8, y: -7 });
      set(hint, { x: width - 2, y: 14 });
    },
    /**
     * @param {State} state
     * @param {number} unit
     */
    show({ weight, bias }, unit) {
      const [x, y] = [inside(weight, spec.plane.weight), inside(bias, spec.plane.bias)];
      const there = x === weight && y === bias;
      set(here, { transform: at(x, y), opacity: there ? null : 0.4, display: unit < 0 ? null : "none" });
      set(ring, { transform: at(x, y), display: unit < 0 ? "none" : null });
      fresh &&= unit < 0;
      const [s, i] = groups[unit] ?? [];
      const name = unit < 0 ? "" : `${spec.styles[s].label}, unit ${i + 1}`;
      write(hint, fresh ? "pick a unit" : name);
      chart.describe(name ? `${name}: γ ${tidy(weight)}, β ${tidy(bias)}. ${all}` : all);
    },
  };
}
