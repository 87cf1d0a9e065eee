// Conditions as rows, under their full names: values go across, medians stand at the right.

import { side, valueText } from "../../kit/axes.js";
import { label, linePath, rule } from "../../kit/draw.js";
import { set, svg, write } from "../../kit/elements.js";
import { plot } from "../../kit/plot.js";
import { widest, wrap } from "../../kit/text.js";
import { follower, makeLane, nearestDot } from "./lane.js";
import { entry, levels, mostLosing } from "./results.js";
import { dotMark, dotRadius, swarm } from "./swarm.js";

/** @typedef {import("./dots.js").Spec} Spec */

const LINE = 15; // pixels of a line of a name
const MARK = 14; // of the mark before a reading

/**
 * @param {Spec} spec
 * @param {import("../../kit/blob.js").Arrays} arrays
 * @param {import("../../kit/text.js").Ruler} ruler
 */
export function rowsView(spec, arrays, ruler) {
  const chart = plot({ label: spec.alts[0] });
  const { series, conditions, keys } = spec;
  const count = arrays.values.shape[3];
  const lanes = series.map((_, s) => conditions.map((_, k) => makeLane(keys[s][k], count)));
  const paths = series.map((_, s) => follower(keys[s]));
  const texts = series.map(() =>
    conditions.map(() => label("", { "text-anchor": "end", class: "bnviz-dots-reading bnviz-halo" })),
  );
  const gone = series.map(() =>
    conditions.map(() => label("", { "text-anchor": "middle", class: "bnviz-alarm-text" })),
  );
  const heading = label("median", { "text-anchor": "end" });
  const ground = svg("g");
  const scaffold = svg("g", { class: "bnviz-scaffold" }); // rows and their names
  const words = svg("g");
  chart.element.insertBefore(ground, chart.marks);
  chart.element.insertBefore(scaffold, chart.marks);
  chart.over.append(
    words, heading, ...paths, ...lanes.flat().flatMap((lane) => lane.elements), ...texts.flat(),
    ...gone.flat(),
  );
  /** @type {import("./results.js").Entry[][]} */
  let entries = [];

  const lost = mostLosing(arrays) > 0;
  const readingRoom = widest([
    ...Array.from(arrays.values, (v) => (Number.isFinite(v) ? valueText(spec.value, v) : "")),
    ...(lost ? [spec.lost] : []), "median", ...spec.seeds.map((name) => `seed ${name}`),
  ], ruler);
  // What "lost" means stands below its gutter, in two lines where it is long.
  const small = (/** @type {string} */ text) => ruler(text, 11);
  const meaning = wrap(spec.lost, 0.6 * small(spec.lost), small, 2);
  const gutter = lost ? 14 + Math.max(...meaning.map(small), ruler("10 of 10", 11, 600)) : 0;

  /**
   * @param {number} width
   * @param {number} height
   * @param {number} cell
   */
  function frame(width, height, cell) {
    entries = series.map((_, s) => conditions.map((_, k) => entry(arrays, cell, s, k)));
    const longest = widest(conditions, ruler, 13);
    const beside = Math.min(longest, 0.36 * width);
    const stacked = width < 560; // names stand above their row
    const tight = stacked && height / conditions.length < 40 + 15 * series.length;
    const onLine = stacked && (tight || series.length === 1); // and so do readings
    const column = readingRoom + (onLine && series.length > 1 ? MARK : 0);
    const columns = onLine ? column * series.length + 8 * (series.length - 1) : 0;
    const aside = onLine ? 12 : readingRoom + 14;
    const right = aside + (gutter && gutter + 4);
    const left = stacked ? 8 : beside + 16;
    const x = { ...side(spec.value), count: (width - left - right) / 70 };
    const at = x.scale(x.domain, [left, width - right]);
    const marks = placeMarks(at, width);
    const top = 8 + LINE * Math.max(1, ...marks.map((mark) => mark.level + 1));
    chart.frame({ width, height, left, right, top, x, y: { domain: [0, 1], bare: true } });

    const base = chart.y.range[0];
    const rows = conditions.length;
    const most = stacked ? (tight ? 1 : 3) : Math.max(1, Math.floor((base - top) / rows / LINE));
    const lines = conditions.map((name) =>
      wrap(name, stacked ? width - columns - 10 : beside, (text) => ruler(text, 13), most),
    );
    const above = lines.map((parts) => (stacked ? parts.length * LINE + 3 : 0));
    const area = (base - top - above.reduce((a, b) => a + b, 0)) / rows;
    const pitch = Math.min(36, (area - 6) / series.length);
    const along = entries.map((row) => row.map((one) => one.values.map((v) => chart.x(v))));
    const r = dotRadius(along.flat(), pitch);
    /** @type {Node[]} */
    const frames = []; // of the scaffold
    /** @type {Node[]} */
    const parts = [];
    /** @type {Node[]} */
    const said = [];
    let y = top;
    conditions.forEach((_, k) => {
      if (k > 0) frames.push(rule("bnviz-grid", [0, y, width, y]));
      const middle = y + above[k] + area / 2;
      lines[k].forEach((text, i) => {
        const full = text.endsWith("…") ? svg("title", {}, conditions[k]) : null;
        frames.push(label(text, {
          class: "bnviz-dots-name bnviz-halo",
          x: stacked ? 0 : left - 12,
          y: stacked ? y + LINE * (i + 1) - 1 : middle + 4.5 + LINE * (i - (lines[k].length - 1) / 2),
          "text-anchor": stacked ? "start" : "end",
        }));
        if (full) frames[frames.length - 1].appendChild(full);
      });
      series.forEach((_, s) => {
        const one = entries[s][k];
        const center = middle + pitch * (s - (series.length - 1) / 2);
        const xs = along[s][k];
        const reach = Math.max(0, pitch / 2 - r);
        const ys = swarm(xs, 2 * r + 0.5, reach).map((aside) => center + aside);
        const m = chart.x(one.median);
        const tick = Math.min(pitch / 2, 11);
        lanes[s][k].aim({
          xs, ys, r, median: [m, center - tick, m, center + tick],
          range: [chart.x(one.low), center, chart.x(one.high), center],
        });
        const end = onLine ? width - 1 - (column + 8) * (series.length - 1 - s) : width - 1;
        const line = onLine ? y + LINE - 1 : center + 4;
        set(texts[s][k], { x: end, y: line });
        if (onLine && series.length > 1) {
          const place = `translate(${end - readingRoom - MARK + 6} ${line - 4})`;
          said.push(svg("path", { ...dotMark(keys[s][k], 3.5), transform: place }));
        }
        set(gone[s][k], { x: width - aside - gutter / 2, y: center + 4 });
        write(gone[s][k], one.lost ? `${one.lost} of ${one.count}` : "");
      });
      y += above[k] + area;
    });
    for (const mark of marks) {
      parts.push(rule("bnviz-dots-mark", [mark.x, top, mark.x, base]));
      said.push(label(mark.name, { x: mark.at, y: top - 6 - LINE * mark.level }));
    }
    if (entries.flat().some((one) => one.lost)) {
      const from = width - aside - gutter;
      parts.push(svg("rect", {
        x: from, y: top, width: gutter, height: base - top, class: "bnviz-dots-gutter",
      }));
      meaning.forEach((text, i) => {
        said.push(label(text, {
          x: from + gutter / 2, y: base + 16 + 12 * i, "text-anchor": "middle",
        }));
      });
    }
    scaffold.replaceChildren(...frames);
    ground.replaceChildren(...parts);
    words.replaceChildren(...said);
    set(heading, { x: width - 1, y: top - 6 });
  }

  /**
   * The marks' names stand above the plot, each beside its line, on levels where they would meet.
   * @param {import("../../kit/scales.js").Scale} at
   * @param {number} width
   */
  function placeMarks(at, width) {
    const placed = spec.marks.map(({ name, value }) => {
      const wide = ruler(name, 11);
      const x = at(value);
      const start = Math.min(Math.max(0, x - wide / 2), width - wide);
      return { name, x, at: start, start, end: start + wide };
    });
    const heading = { start: width - ruler("median", 11), end: width };
    const [, ...on] = levels([heading, ...placed]);
    return placed.map((mark, i) => ({ ...mark, level: on[i] }));
  }

  return {
    element: chart.element,
    frame,
    readings: [],
    /**
     * @param {number} share
     * @param {number} seed
     */
    draw(share, seed) {
      write(heading, seed < 0 ? "median" : `seed ${spec.seeds[seed]}`);
      lanes.forEach((row, s) => {
        row.forEach((lane, k) => {
          lane.show(share, seed);
          const { count, median, values } = entries[s][k];
          const value = seed < 0 ? median : values[seed];
          const known = seed < count && count > 0;
          const gone = known && Number.isNaN(value);
          write(texts[s][k], gone ? spec.lost : known ? valueText(spec.value, value) : "–");
          texts[s][k].classList.toggle("bnviz-alarm-text", gone);
        });
        const xs = row.map((lane) => (seed < 0 ? NaN : lane.places.xs[seed] ?? NaN));
        const ys = row.map((lane) => lane.places.ys[seed] ?? NaN);
        set(paths[s], { d: seed < 0 || share < 1 ? "" : linePath(xs, ys) });
      });
    },
    /**
     * What is at a point of the drawing.
     * @param {number} px
     * @param {number} py
     */
    at: (px, py) => ({ ...nearestDot(lanes, px, py), condition: -1 }),
    /** @param {number} seed @param {number} cell */
    describe(seed, cell) {
      chart.describe(seed < 0 ? spec.alts[cell] : said(seed));
    },
  };

  /** @param {number} seed */
  function said(seed) {
    const lines = conditions.map((name, k) => {
      const parts = series.map((text, s) => {
        const { values, count } = entries[s][k];
        if (seed >= count) return "";
        const value = Number.isNaN(values[seed]) ? spec.lost : valueText(spec.value, values[seed]);
        return text ? `${text} ${value}` : value;
      });
      return `${name}: ${parts.filter(Boolean).join("; ")}.`;
    });
    return [`Seed ${spec.seeds[seed]}.`, ...lines].join("\n");
  }
}
