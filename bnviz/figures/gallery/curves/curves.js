// Lines and bands over any axis: a cursor that reads them, and causes that the reader may change.

import { side, valueText } from "../../kit/axes.js";
import { causeControls, checkbox, controlBar, fold, slider } from "../../kit/controls.js";
import {
  bandPath, label, linePath, nameEnds, round, rule, stroke, swatch, tint,
} from "../../kit/draw.js";
import { html, set, svg, write } from "../../kit/elements.js";
import { figure } from "../../kit/life.js";
import { overlaps } from "../../kit/overlap.js";
import { pickFrom, plot } from "../../kit/plot.js";
import { linear, log, nearest } from "../../kit/scales.js";
import { ruler, widest } from "../../kit/text.js";

const ROOMY = 480; // pixels of width from which on names stand beside the plot, too

export default figure("curves", ({ spec, arrays, stage, root, redraw }) => {
  const places = arrays.cursor;
  let cell = spec.start.cell;
  let chosen = spec.start.at === null ? places.length - 1 : nearest(places, spec.start.at);
  let logarithmic = spec.x.log;
  let stale = true; // axes and lines are not those of the choice

  const chart = plot({ label: spec.alts[0] });
  pickFrom(chart, (x) => {
    cursor.value = nearest(places, x);
    choose(cursor.value);
  });
  const lines = spec.styles.map((/** @type {any} */ style, /** @type {number} */ i) =>
    makeLine(spec, arrays, style, i),
  );
  const levels = svg("g");
  chart.marks.append(
    levels,
    ...lines.map((/** @type {Line} */ line) => line.band),
    ...lines.map((/** @type {Line} */ line) => line.threads),
    ...lines.map((/** @type {Line} */ line) => line.path),
  );
  const measure = ruler(root);
  const names = spec.styles.map((/** @type {any} */ style) => style.label);
  const longest = widest(names, (text) => measure(text, 12, 600));
  const same = overlaps(spec.styles, lines.map((/** @type {Line} */ line) => line.path), measure);
  chart.over.append(
    same.element, ...lines.flatMap((/** @type {Line} */ line) => [line.name, line.dot]),
  );

  const cursor = slider({
    label: spec.x.name,
    min: 0,
    max: places.length - 1,
    value: chosen,
    text: (i) => valueText(spec.x, places[i]),
    oninput: choose,
  });
  const options = [];
  const least = places.find((/** @type {number} */ place) => place > 0) ?? Infinity; // on a log axis
  if (places[places.length - 1] >= 10 * least && !spec.x.log) {
    options.push(
      checkbox({
        label: `${spec.x.name} on a logarithmic axis${places[0] > 0 ? "" : ", without 0"}`,
        onchange(on) {
          logarithmic = on;
          renew();
        },
      }).element,
    );
  }
  let each = false;
  if (lines.some((/** @type {Line} */ line) => line.several)) {
    options.push(
      checkbox({
        label: "show each seed",
        onchange(on) {
          each = on;
          renew();
        },
      }).element,
    );
  }
  const causes = causeControls(spec.causes, cell, (next) => {
    cell = next;
    renew();
  });
  const room = html("div", { class: "bnviz-room" }, chart.element);
  if (causes.length) stage.append(controlBar(...causes));
  stage.append(
    html("div", {}, ...lines.map((/** @type {Line} */ line) => line.reading)),
    room,
    controlBar(cursor.element),
  );
  if (options.length || spec.notes.length) {
    const notes = spec.notes.map((/** @type {string} */ text) =>
      html("p", { class: "bnviz-note" }, text),
    );
    stage.append(fold("Options and notes", controlBar(...options), ...notes));
  }

  /** @param {number} index */
  function choose(index) {
    chosen = index;
    redraw();
  }
  function renew() {
    stale = true;
    redraw();
  }

  /**
   * Axes, lines and bands: what stays while the cursor moves.
   * @param {number} width
   */
  function frame(width) {
    const [first, last] = spec.x.ends;
    const named = longest > 0 && longest < 0.28 * width && width >= ROOMY;
    chart.frame({
      width,
      height: room.clientHeight,
      right: named ? longest + 16 : 18,
      x: {
        ...side(spec.x),
        scale: logarithmic ? log : linear,
        domain: [logarithmic && first <= 0 ? least : first, last],
        count: width > 500 ? 6 : 4,
        format: logarithmic || spec.x.ticks || last >= 1e4 ? (v) => valueText(spec.x, v) : undefined,
      },
      y: side(spec.y),
    });
    /** @type {number[][]} */
    const taken = [];
    levels.replaceChildren(
      ...spec.marks.flatMap((/** @type {{name: string, value: number}} */ mark) => {
        const y = chart.y(mark.value);
        const [start, end] = chart.x.range;
        taken.push([start, y - 18, start + 12 + measure(mark.name, 12, 400), y]);
        return [
          rule("bnviz-curves-level", [start, y, end, y]),
          label(mark.name, { x: start + 6, y: y - 5, class: "bnviz-halo" }),
        ];
      }),
    );
    /** @type {import("../../kit/overlap.js").Line[]} */
    const drawn = lines.map((/** @type {Line} */ line) => line.frame(chart, cell, each));
    const { among, said } = same.show(drawn, chart, taken);
    chart.describe(spec.alts[cell] + said);
    const ends = drawn.map(({ ys }, i) =>
      named && !among.includes(i) ? ys.filter((y) => !Number.isNaN(y)).pop() ?? NaN : NaN,
    );
    nameEnds(lines.map((/** @type {Line} */ line) => line.name), ends, chart);
  }

  return {
    draw({ width, resized }) {
      if (stale || resized) frame(width);
      stale = false;
      const place = places[chosen];
      chart.cursor(Math.max(place, chart.x.domain[0]));
      for (const line of lines) line.read(chart, cell, place);
    },
  };
});

/** @typedef {ReturnType<typeof makeLine>} Line */
/** @typedef {ReturnType<typeof plot>} Plot */

/**
 * The elements of one label, what draws them, and what reads them at a place of the axis.
 * @param {any} spec
 * @param {import("../../kit/blob.js").Arrays} arrays
 * @param {import("../../kit/draw.js").Style} style
 * @param {number} index
 */
function makeLine(spec, arrays, style, index) {
  const get = (/** @type {number} */ cell) => {
    const part = (/** @type {string} */ name) => arrays[`${cell}.${index}.${name}`];
    return {
      x: part("x"), seeds: part("seeds"), middle: part("middle"),
      low: part("low"), high: part("high"), lost: part("lost"),
    };
  };
  const several = get(0).seeds.shape[0] > 1;
  const pen = stroke(style);
  const band = svg("path", tint(style, 0.2));
  const path = svg("path", { ...pen, "stroke-width": 2.4, "stroke-linejoin": "round" });
  const threads = svg("g", { ...pen, "stroke-dasharray": null, "stroke-opacity": 0.7 });
  const name = label(style.label, { class: "bnviz-strong" });
  set(name, { style: `fill: var(--bnviz-${style.key})` });
  const dot = svg("circle", {
    r: 4.5, fill: `var(--bnviz-${style.key})`, stroke: "var(--bnviz-surface)", "stroke-width": 1.5,
  });
  const text = html("span");
  const alarm = html("span", { class: "bnviz-alarm", hidden: true });
  const reading = html(
    "div",
    { class: "bnviz-line" },
    swatch(style, { band: true }),
    style.label ? html("strong", {}, style.label) : null,
    text,
    alarm,
  );

  return {
    band,
    path,
    threads,
    name,
    dot,
    reading,
    several,
    /**
     * Draws what stays while the cursor moves; returns where the line goes.
     * @param {Plot} chart
     * @param {number} cell
     * @param {boolean} each draw each seed too
     */
    frame({ x, y }, cell, each) {
      const { x: at, seeds, middle, low, high } = get(cell);
      const length = at.length;
      let start = 0; // a logarithmic axis leaves out 0
      while (start < length && at[start] < x.domain[0]) start += 1;
      const xs = Array.from(at.subarray(start), (v) => x(v));
      const ys = (/** @type {Float32Array} */ values, offset = 0) =>
        Array.from(values.subarray(offset + start, offset + length), (v) => y(v));
      const middles = ys(/** @type {any} */ (middle));
      set(path, { d: linePath(xs, middles) });
      set(band, { d: bandPath(xs, ys(/** @type {any} */ (low)), ys(/** @type {any} */ (high))) });
      threads.replaceChildren(
        ...Array.from({ length: each && several ? seeds.shape[0] : 0 }, (_, seed) =>
          svg("path", { d: linePath(xs, ys(/** @type {any} */ (seeds), seed * length)) }),
        ),
      );
      return { xs, ys: middles };
    },
    /**
     * @param {Plot} chart
     * @param {number} cell
     * @param {number} place
     */
    read({ x, y }, cell, place) {
      const { x: at, seeds, middle, low, high, lost } = get(cell);
      const row = nearest(at, place);
      const count = seeds.shape[0];
      const there = Number.isFinite(middle[row]);
      const [cx, cy] = [round(x(at[row])), round(y(middle[row]))];
      const seen = there && Number.isFinite(cx) && cy <= y.range[0] + 1 && cy >= y.range[1] - 1;
      set(dot, { cx: seen ? cx : 0, cy: seen ? cy : 0, visibility: seen ? null : "hidden" });
      const parts = there ? [valueText(spec.y, middle[row])] : [];
      const ends = [low[row], high[row]].map((v) => valueText(spec.y, v));
      if (there && ends[0] !== ends[1]) parts.push(`(${ends[0].replace(" %", "")} to ${ends[1]})`);
      if (at[row] !== place) parts.push(`at ${valueText(spec.x, at[row])}`);
      write(text, parts.join(" "));
      alarm.hidden = !lost[row];
      const of = count > 1 ? `${lost[row]} of ${count} ` : "";
      write(alarm, lost[row] ? `${of}${spec.lost}` : "");
    },
  };
}
