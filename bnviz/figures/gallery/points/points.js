// Points in a plane by series, lines over them, and causes that the reader may change.

import { side } from "../../kit/axes.js";
import { causeControls, controlBar } from "../../kit/controls.js";
import { key, label, linePath, round, stroke, swatch } from "../../kit/draw.js";
import { html, set, svg, write } from "../../kit/elements.js";
import { figure } from "../../kit/life.js";
import { plot } from "../../kit/plot.js";

/** @typedef {import("../../kit/draw.js").Style} Style */
/** @typedef {import("../../kit/scales.js").Scale} Scale */

export default figure("points", ({ spec, arrays, stage, redraw }) => {
  let cell = spec.start.cell;
  let stale = true; // the drawing is not that of the choice

  const chart = plot({ label: spec.alts[0] });
  /** @type {SVGPathElement[]} */
  const shapes = spec.styles.map((/** @type {Style} */ style, /** @type {number} */ i) =>
    svg("path", i < spec.series
      ? dotted(style, i)
      : { ...stroke(style), "stroke-width": 2.4, "stroke-linejoin": "round" }),
  );
  const places = svg("g");
  chart.marks.append(...shapes);
  chart.over.append(places);

  const causes = causeControls(spec.causes, cell, (next) => {
    cell = next;
    stale = true;
    redraw();
  });
  const keys = spec.styles.map((/** @type {Style} */ style, /** @type {number} */ i) =>
    style.label ? key(i < spec.series ? dot(style, i) : swatch(style), style.label) : null,
  );
  const room = html("div", { class: "bnviz-room" }, chart.element);
  const words = html("p", { class: "bnviz-points-says", "aria-live": "polite" }, spec.says[cell]);
  if (causes.length) stage.append(controlBar(...causes));
  if (keys.some(Boolean)) stage.append(html("div", { class: "bnviz-legend" }, ...keys));
  stage.append(room);
  if (spec.says.some(Boolean)) stage.append(words);

  /** @param {number} width */
  function frame(width) {
    chart.frame({ width, height: room.clientHeight, x: side(spec.x), y: side(spec.y) });
    chart.describe(spec.alts[cell]);
    shapes.forEach((shape, i) => {
      const [xs, ys] = columns(arrays[`${cell}.${i}`], chart.x, chart.y);
      set(shape, { d: i < spec.series ? dots(xs, ys) : linePath(xs, ys) });
    });
    places.replaceChildren(
      ...spec.marks.flatMap((/** @type {{name: string, at: number[]}} */ mark) => {
        const [x, y] = [chart.x(mark.at[0]), chart.y(mark.at[1])];
        return [
          svg("path", { class: "bnviz-points-mark", d: `M${x - 9} ${y}h18M${x} ${y - 9}v18` }),
          label(mark.name, { x: x + 8, y: y - 8, class: "bnviz-halo" }),
        ];
      }),
    );
    write(words, spec.says[cell]);
  }

  return {
    draw({ width, resized }) {
      if (stale || resized) frame(width);
      stale = false;
    },
  };
});

/**
 * Round dots and square ones, in turn: color is not the only cue.
 * @param {Style} style
 * @param {number} series
 */
function dotted(style, series) {
  const cap = series % 2 ? "square" : "round";
  return { class: "bnviz-points-dots", stroke: `var(--bnviz-${style.key})`, "stroke-linecap": cap };
}

/**
 * One dot, for the key.
 * @param {Style} style
 * @param {number} series
 */
function dot(style, series) {
  const mark = svg("path", { ...dotted(style, series), d: "M7 7h0" });
  return svg("svg", { width: 14, height: 14, "aria-hidden": "true" }, mark);
}

/**
 * Pixels of an array of pairs.
 * @param {import("../../kit/blob.js").Numbers} pairs
 * @param {Scale} x
 * @param {Scale} y
 */
function columns(pairs, x, y) {
  const count = pairs.length / 2;
  return [
    Array.from({ length: count }, (_, i) => x(pairs[2 * i])),
    Array.from({ length: count }, (_, i) => y(pairs[2 * i + 1])),
  ];
}

/**
 * One path for all points of a series: strokes of no length, of which the caps are seen.
 * @param {number[]} xs
 * @param {number[]} ys
 */
function dots(xs, ys) {
  return xs
    .map((x, i) => (Number.isFinite(x + ys[i]) ? `M${round(x)} ${round(ys[i])}h0` : ""))
    .join("");
}
