// A grid of runs: what came of each setting, and, inside the cell that is chosen, why.

import { valueText } from "../../kit/axes.js";
import { causeControls, choice, controlBar, slider } from "../../kit/controls.js";
import { swatch } from "../../kit/draw.js";
import { html, write } from "../../kit/elements.js";
import { figure } from "../../kit/life.js";
import { nearest } from "../../kit/scales.js";
import { ruler } from "../../kit/text.js";
import { fixed, formatNumber, formatShare } from "../../kit/words.js";
import { makeGrids } from "./grids.js";
import { makeInside } from "./inside.js";
import { reader } from "./read.js";
import { makeTrace } from "./trace.js";

/** @typedef {{name: string, log: boolean, percent: boolean, ends: number[]}} Axis */
/** @typedef {{name: string, values: string[]}} Side */

/**
 * What inside.py says of the layers.
 * @typedef {object} Inside
 * @property {Array<{name: string, what: string, off: string, flat: (number|null)[]|null}>} layers
 * @property {number} unit
 * @property {number} reach
 * @property {number} bars
 */

/**
 * What `sweep()` wrote.
 * @typedef {object} Spec
 * @property {import("../../kit/draw.js").Style[]} styles
 * @property {Side} rows
 * @property {Side} columns
 * @property {Axis} value
 * @property {{text: string, reached: number[][], of: number[][]}|null} goal
 * @property {import("../../kit/controls.js").Cause[]} causes
 * @property {{cell: number}} start
 * @property {[number, number]} chosen
 * @property {string} lost
 * @property {Axis} [curve]
 * @property {Inside|null} [inside]
 */

const ACCURACY = 0; // the view on a phone that is no layer
const MANY = 0.1; // dead units, from which on they are said in place of inactive values

export default figure("sweep", ({ spec: given, arrays, stage, root, redraw }) => {
  /** @type {Spec} */
  const spec = given;
  const { styles, inside } = spec;
  const read = reader(arrays);
  let cell = spec.start.cell;
  let [row, column] = spec.chosen;
  let layer = inside ? inside.layers.length - 1 : 0;
  let view = layer + 1;
  const times = arrays.moments ?? arrays.steps ?? [];
  let moment = times.length - 1;
  let stale = true; // the grids are not those of the choice
  let fresh = true; // the plots are not those of the cell

  const grids = makeGrids(spec, read, ruler(root), (r, k) => {
    [row, column] = [r, k];
    grids.choose(row, column);
    renew();
  });
  const causes = causeControls(spec.causes, cell, (next) => {
    cell = next;
    stale = true;
    renew();
  });
  const results = styles.map((style) => reading(style));
  const insides = inside ? styles.map((style) => reading(style, false)) : [];
  const time = times.length > 1 && slider({
    label: "training step", min: 0, max: times.length - 1, value: moment,
    text: (i) => fixed(times[i]),
    oninput: chooseMoment,
  });
  const pick = (/** @type {number} */ step) => {
    chooseMoment(nearest(times, step));
    if (time) time.value = moment;
  };
  const trace = spec.curve ? makeTrace(spec, arrays, read, ruler(root), pick) : null;
  const layers = inside ? makeInside(spec, arrays, read, pick) : null;
  const views = inside && choice({
    label: "show",
    options: [spec.curve?.percent ? "accuracy" : "loss", ...inside.layers.map(({ name }) => name)],
    value: view,
    onchange(index) {
      view = index;
      if (index !== ACCURACY) layer = index - 1;
      opened.dataset.view = view === ACCURACY ? "curve" : "layer";
      renew();
    },
  });

  let sizes = [[0, 0], [0, 0]]; // of the rooms; 0 where one is hidden
  const rooms = [trace, layers].map((one) => one && html("div", { class: "bnviz-room" }, one.element));
  const opened = html(
    "div",
    { class: "bnviz-sweep-opened", "data-view": inside ? "layer" : "curve" },
    html("div", { class: "bnviz-sweep-curve" }, ...results.map((one) => one.element), rooms[0]),
    inside
      ? html("div", { class: "bnviz-sweep-layer" }, ...insides.map((one) => one.element), rooms[1])
      : null,
  );
  if (causes.length) stage.append(controlBar(...causes));
  stage.append(grids.element, opened);
  const controls = [views && views.element, time && time.element].filter(Boolean);
  if (controls.length) stage.append(controlBar(...controls.map((one) => one || null)));
  if (views) views.element.classList.add("bnviz-sweep-views");

  /** @param {number} index */
  function chooseMoment(index) {
    moment = index;
    redraw();
  }
  function renew() {
    fresh = true;
    redraw();
  }

  return {
    draw({ width, resized }) {
      if (stale) grids.fill(cell);
      if (resized) grids.resize(width);
      if (stale || resized) grids.choose(row, column);
      if (resized) {
        sizes = rooms.map((room) => [room?.clientWidth ?? 0, room?.clientHeight ?? 0]);
      }
      /** @type {[number, number, number]} */
      const at = [cell, row, column];
      if (stale || fresh || resized) {
        if (trace && sizes[0][1] > 40) trace.frame(sizes[0][0], sizes[0][1], at);
        if (layers && sizes[1][1] > 40) layers.frame(sizes[1][0], sizes[1][1], at, layer);
        styles.forEach((_, s) => results[s].say(...sayResult(at, s)));
      }
      [stale, fresh] = [false, false];
      if (!times.length) return;
      trace?.cursor(times[moment]);
      if (!layers) return;
      layers.cursor(times[moment]);
      layers.draw(at, layer, moment);
      const said = styles.map((style, s) => {
        const text = sayLayer(at, s);
        insides[s].say(text, "");
        return `${style.label}: ${text}`;
      });
      layers.describe(
        `Percentiles over the steps and a histogram, ${inside?.layers[layer].name}, at step `
          + `${times[moment]}. ${said.join("; ")}.`,
      );
    },
  };

  /**
   * @param {[number, number, number]} at
   * @param {number} s
   * @returns {[string, string]}
   */
  function sayResult([c, r, k], s) {
    const { median, low, high, count, lost } = read.result([c, r, k, s]);
    const show = (/** @type {number} */ v) => valueText(spec.value, v);
    const range = low < high && !lost ? ` (${show(low).replace(" %", "")} to ${show(high)})` : "";
    const gone = count > 1 ? `${lost} of ${count} ${spec.lost}` : spec.lost;
    if (!count) return ["no run", ""];
    return [lost < count ? show(median) + range : "", lost ? gone : ""];
  }

  /**
   * @param {[number, number, number]} at
   * @param {number} s
   */
  function sayLayer([c, r, k], s) {
    const one = read.layer([c, r, k, s], layer, moment);
    if (!arrays.counts.length || Number.isNaN(one.std)) {
      return read.result([c, r, k, s]).count ? "NaN or infinite" : "no run";
    }
    const parts = [`standard deviation ${formatNumber(one.std, 2)}`];
    if (one.dead >= MANY) parts.push(`${formatShare(one.dead)} dead`);
    else if (!Number.isNaN(one.off)) {
      parts.push(`${formatShare(one.off)} ${inside?.layers[layer].off}`);
    }
    return parts.join(", ");
  }
});

/**
 * A line that says what one series has.
 * @param {import("../../kit/draw.js").Style} style
 * @param {boolean} [named]
 */
function reading(style, named = true) {
  const text = html("span");
  const alarm = html("span", { class: "bnviz-alarm", hidden: true });
  const element = html(
    "div", { class: "bnviz-line bnviz-sweep-line" },
    swatch(style), named ? html("strong", {}, style.label) : null, text, alarm,
  );
  return {
    element,
    /**
     * @param {string} said
     * @param {string} gone
     */
    say(said, gone) {
      write(text, said);
      write(alarm, gone);
      alarm.hidden = !gone;
    },
  };
}
