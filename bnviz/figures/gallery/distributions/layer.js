// One layer: its histogram at a moment, and its percentiles over time. Plain data in, so that other
// figures can show a layer too.

import { bandPath, label, linePath, round, rule, stroke, tint } from "../../kit/draw.js";
import { set, svg, write } from "../../kit/elements.js";
import { pickFrom, plot } from "../../kit/plot.js";
import { linear, log, sqrt } from "../../kit/scales.js";
import { formatNumber, formatShare, tidy } from "../../kit/words.js";

/** @typedef {import("../../kit/draw.js").Style} Style */
/** @typedef {import("../../kit/scales.js").Scale} Scale */
/** @typedef {import("./rows.js").Panel} Panel */
/** @typedef {{width: number, height: number, left: number, right?: number}} Size */
/** @typedef {"square root"|"linear"|"logarithmic"} Heights how shares become heights of bars */

/** @type {Heights[]} */
export const HEIGHTS = ["square root", "linear", "logarithmic"];

const HEADLINE = 18; // pixels above the percentiles, for their name
const BEYOND = 0.15; // a larger share in an outermost bar, which counts all beyond it, is said

/**
 * The scale of the heights of bars; its axis stays the same for all rows of a layer.
 * @param {Heights} heights
 * @param {{top: number}} panel
 * @param {number[]} range pixels of zero and of the highest bar
 * @param {number} [floor] the lowest share on a logarithmic axis
 */
export function heightScale(heights, { top }, range, floor = top / 2500) {
  if (heights === "logarithmic") return log([floor, top * 1.15], range);
  return (heights === "linear" ? linear : sqrt)([0, top * 1.05], range);
}

/**
 * `d` of a histogram's outline; bars that count nothing are left out.
 * @param {ArrayLike<number>} shares
 * @param {ArrayLike<number>} edges x of the ends of the bars
 * @param {(share: number) => number} y
 * @param {number} base y of the lowest height
 */
export function barsPath(shares, edges, y, base) {
  let d = "";
  let open = false;
  for (let b = 0; b < shares.length; b += 1) {
    if (shares[b] > 0) {
      if (!open) d += `M${round(edges[b])} ${base}`;
      d += `V${round(Math.min(base, y(shares[b])))}H${round(edges[b + 1])}`;
    } else if (open) d += `V${base}`;
    open = shares[b] > 0;
  }
  return open ? `${d}V${base}` : d;
}

/**
 * A histogram of several series.
 * @param {Style[]} styles
 */
export function histogram(styles) {
  const chart = plot({ label: "" });
  const flats = [0, 1].map(() => svg("rect", { class: "bnviz-flat" }));
  const bars = styles.map((style) =>
    svg("path", {
      ...stroke(style), ...tint(style), "stroke-width": 1.8, "stroke-linejoin": "round",
    }),
  );
  const floor = rule("bnviz-axis", [0, 0, 0, 0]);
  const beyond = ["start", "end"].map((anchor) =>
    label("", { class: "bnviz-halo bnviz-note-text", "text-anchor": anchor }),
  );
  chart.marks.append(...flats, ...bars, floor);
  const name = label("share of the values", { class: "bnviz-halo", "text-anchor": "end" });
  chart.over.append(...beyond, name);
  /** @type {number[]} */
  let edges = [];
  /** @type {Panel|null} */
  let shown = null;

  return {
    element: chart.element,
    describe: chart.describe,
    /** Marks below the bars are appended to these: cut off at the edges of the plot, or not. */
    marks: chart.marks,
    over: chart.over,
    /** The scale of values. */
    get x() {
      return chart.x;
    },
    /** Where the bars stand, in pixels. */
    get floor() {
      return chart.y.range[0];
    },
    /**
     * Lay out axes for a layer.
     * @param {Panel} panel
     * @param {number} bins
     * @param {Heights} heights
     * @param {Size & {lift?: number}} size
     */
    frame(panel, bins, heights, { width, height, left, right, lift }) {
      shown = panel;
      chart.frame({
        width, height, left, right, lift,
        x: {
          scale: panel.log ? log : linear, domain: panel.range, title: panel.what,
          count: width > 420 ? 7 : 4,
          format: panel.log ? (v) => formatNumber(v, 1) : undefined,
        },
        y: {
          scale: (_, range) => heightScale(heights, panel, range),
          domain: [],
          count: 5, format: (v) => `${tidy(100 * v, 2)} %`,
        },
      });
      const [start, end] = chart.x.range;
      const [base, top] = chart.y.range;
      edges = Array.from({ length: bins + 1 }, (_, b) => start + ((end - start) * b) / bins);
      set(floor, { x1: start, x2: end, y1: base, y2: base });
      const [low, high] = (panel.flat ?? [null, null]).map((at) =>
        at === null ? null : Math.min(Math.max(chart.x(at), start), end),
      );
      set(flats[0], { x: start, y: top, height: base - top, width: (low ?? start) - start });
      set(flats[1], { x: high ?? end, y: top, height: base - top, width: end - (high ?? end) });
      set(name, { x: end - 6, y: top + 12 });
      set(beyond[0], { x: start + 6, y: top + 28 });
      set(beyond[1], { x: end - 6, y: top + 28 });
    },
    /**
     * Draw a row: the shares of each series in the bars.
     * @param {ArrayLike<number>[]} rows
     */
    draw(rows) {
      const base = chart.y.range[0];
      bars.forEach((bar, s) => set(bar, { d: barsPath(rows[s], edges, chart.y, base) }));
      if (!shown) return;
      beyond.forEach((text, side) => {
        const share = Math.max(...rows.map((shares) => shares[side ? shares.length - 1 : 0]));
        const words = `${formatShare(share)} here and beyond`;
        write(text, share < BEYOND ? "" : side ? `${words} ▸` : `◂ ${words}`);
      });
    },
  };
}

/**
 * Percentiles of several series over time: a line for the median, a band from 15 to 85 %.
 * @param {Style[]} styles
 * @param {{onpick?: (time: number) => void}} [options]
 */
export function percentiles(styles, { onpick } = {}) {
  const chart = plot({ label: "" });
  if (onpick) pickFrom(chart, onpick);
  const series = styles.map((style) => ({
    band: svg("path", tint(style, 0.16)),
    edge: svg("path", { ...stroke(style), "stroke-width": 1, "stroke-opacity": 0.75 }),
    middle: svg("path", { ...stroke(style), "stroke-width": 2.2, "stroke-linejoin": "round" }),
  }));
  const alarm = svg("path", { class: "bnviz-alarm-mark" });
  const alarmName = label("NaN or infinite", {
    class: "bnviz-alarm-text bnviz-halo", "text-anchor": "end", visibility: "hidden",
  });
  const flats = [0, 1].map(() => svg("rect", { class: "bnviz-flat" }));
  chart.marks.append(
    ...flats,
    ...series.map(({ band }) => band),
    ...series.map(({ edge }) => edge),
    ...series.map(({ middle }) => middle),
    alarm,
  );
  const name = label("median, 15th to 85th percentile", { class: "bnviz-halo" });
  chart.over.append(name, alarmName);

  return {
    element: chart.element,
    describe: chart.describe,
    /** The scale of time. */
    get x() {
      return chart.x;
    },
    /**
     * Lay out axes and draw all rows of a layer.
     * @param {object} layer
     * @param {Panel} layer.panel
     * @param {number[]} layer.times (R,) where the rows stand
     * @param {number[]} layer.ends of the axis of time
     * @param {(s: number, p: number) => number[]} layer.read a percentile of each row, (R,)
     * @param {boolean[]} layer.bad (R,) rows with values that are NaN or infinite
     * @param {Size & {bare: boolean, named: boolean}} size bare: without an axis of time; named:
     *   with its name
     */
    frame({ panel, times, ends, read, bad }, { width, height, left, right, bare, named }) {
      chart.frame({
        width, height, left, right, top: HEADLINE,
        x: { domain: ends, bare, count: width > 420 ? 7 : 4, title: named ? "training step" : "" },
        y: {
          scale: panel.log ? log : linear, domain: panel.span, count: height > 90 ? 5 : 3,
          format: panel.log ? (v) => formatNumber(v, 1) : undefined,
        },
      });
      const { x, y } = chart;
      const [start, end] = x.range;
      const [base, top] = y.range;
      const [low, high] = (panel.flat ?? [null, null]).map((at) =>
        at === null ? null : Math.min(Math.max(y(at), top), base),
      );
      set(flats[0], { x: start, width: end - start, y: low ?? base, height: base - (low ?? base) });
      set(flats[1], { x: start, width: end - start, y: top, height: (high ?? top) - top });
      const xs = times.map(x);
      series.forEach(({ band, edge, middle }, s) => {
        const [p15, p50, p85] = [0, 1, 2].map((p) => read(s, p).map(y));
        set(band, { d: bandPath(xs, p15, p85) });
        set(edge, { d: linePath(xs, p15) + linePath(xs, p85) });
        set(middle, { d: linePath(xs, p50) });
      });
      let d = "";
      bad.forEach((is, r) => {
        if (is) d += `M${round(xs[r])} ${top}H${round(Math.max(xs[r + 1] ?? end, xs[r] + 1))}`;
      });
      set(alarm, { d });
      const lower = width > 420 ? 0 : 18; // where both names have no room side by side
      set(alarmName, { x: end, y: top - 6 + lower, visibility: d ? null : "hidden" });
      set(name, { x: start, y: top - 6 });
    },
  };
}
