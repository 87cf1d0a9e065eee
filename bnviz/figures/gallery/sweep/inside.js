// One layer in the chosen cell: percentiles over the steps, and beside them, on the same axis of
// values, the histogram at the moment that the reader chose.

import { bandPath, label, linePath, round, stroke, tint } from "../../kit/draw.js";
import { set, svg } from "../../kit/elements.js";
import { pickFrom, plot } from "../../kit/plot.js";
import { fixed, formatNumber } from "../../kit/words.js";
import { arsinh, powers, thinOut } from "./read.js";

/** @typedef {import("./sweep.js").Spec} Spec */

const GAP = 12; // pixels between band and histogram

/**
 * @param {Spec} spec
 * @param {import("../../kit/blob.js").Arrays} arrays
 * @param {import("./read.js").Reader} read
 * @param {(step: number) => void} onpick
 */
export function makeInside(spec, arrays, read, onpick) {
  const { styles } = spec;
  const inside = /** @type {import("./sweep.js").Inside} */ (spec.inside);
  const { unit, reach, bars: count } = inside;
  const scale = arsinh(unit);
  const chart = plot({ label: "" });
  pickFrom(chart, onpick);
  const flats = [svg("rect", { class: "bnviz-sweep-flat" }), svg("rect", { class: "bnviz-sweep-flat" })];
  const flatName = label("", { class: "bnviz-halo", "text-anchor": "end" });
  const bands = styles.map((style) => svg("path", tint(style, 0.22)));
  const middles = styles.map((style) => svg("path", { ...stroke(style), "stroke-width": 2 }));
  const foot = svg("line", { class: "bnviz-axis" }); // where bars begin
  const hills = styles.map((style) =>
    svg("path", { ...stroke(style), ...tint(style, 0.22), "stroke-dasharray": null, "stroke-width": 1.3 }),
  );
  chart.element.insertBefore(svg("g", {}, ...flats), chart.marks);
  chart.marks.append(...bands, ...middles);
  chart.over.append(...hills, foot, flatName);
  let room = 0; // pixels that a bar of all values takes
  let start = 0; // where bars begin
  /** @type {number[]} */
  let edges = [];

  return {
    element: chart.element,
    cursor: chart.cursor,
    /**
     * What stays while the moment changes.
     * @param {number} width
     * @param {number} height
     * @param {[number, number, number]} at
     * @param {number} layer
     */
    frame(width, height, [c, r, k], layer) {
      const { name, what, flat } = inside.layers[layer];
      const last = arrays.moments[arrays.moments.length - 1];
      room = Math.round(Math.min(190, 0.34 * width));
      chart.frame({
        width, height, right: room + GAP + 2,
        x: { domain: [0, last], count: 4, grid: false, format: fixed },
        y: {
          scale, domain: [-reach, reach], title: `${what}, ${name}`,
          ticks: thinOut(powers(unit, reach), scale([-reach, reach], [0, height - 46]), 13),
          format: (v) => formatNumber(v, 1),
        },
      });
      const [base, top] = chart.y.range;
      start = chart.x.range[1] + GAP;
      edges = Array.from({ length: count + 1 }, (_, b) => base + ((top - base) * b) / count);
      const y = (/** @type {number} */ place) => base + (top - base) * place;
      const xs = Array.from(arrays.moments, (step) => chart.x(step));
      styles.forEach((_, s) => {
        const line = (/** @type {number} */ p) => read.percentile([c, r, k, s], layer, p).map(y);
        set(bands[s], { d: bandPath(xs, line(0), line(2)) });
        set(middles[s], { d: linePath(xs, line(1)) });
      });
      const zone = (/** @type {number|null|undefined} */ from, /** @type {number} */ end) => {
        const [a, b] = from == null ? [0, 0] : [chart.y(from), end].sort((p, q) => p - q);
        return { x: chart.x.range[0], y: round(a), width: start + room - chart.x.range[0], height: round(b - a) };
      };
      set(foot, { x1: start, x2: start, y1: base, y2: top });
      set(flats[0], zone(flat?.[0], base));
      set(flats[1], zone(flat?.[1], top));
      set(flatName, { x: start + room - 2, y: base - 5 });
      flatName.textContent = flat ? inside.layers[layer].off : "";
    },
    /**
     * @param {[number, number, number]} at
     * @param {number} layer
     * @param {number} moment
     */
    draw([c, r, k], layer, moment) {
      styles.forEach((_, s) => {
        const shares = read.shares([c, r, k, s], layer, moment);
        const none = !shares.some((v) => v > 0);
        set(hills[s], { d: none ? "" : hillPath(shares, edges, start, room) });
      });
    },
    /** @param {string} text */
    describe: (text) => chart.describe(text),
  };
}

/**
 * `d` of bars that go to the right; their lengths are square roots, so that low ones are seen.
 * @param {number[]} shares
 * @param {number[]} edges y of the bars' edges
 * @param {number} start x of zero
 * @param {number} room
 */
export function hillPath(shares, edges, start, room) {
  let d = `M${round(start)} ${round(edges[0])}`;
  shares.forEach((share, b) => {
    d += `H${round(start + room * Math.sqrt(share))}V${round(edges[b + 1])}`;
  });
  return `${d}H${round(start)}`;
}
