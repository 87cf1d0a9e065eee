// Conditions that are numbers, on an axis of their own: values go up, a thin line joins medians.

import { side, valueText } from "../../kit/axes.js";
import { label, linePath, nameEnds, rule, stroke, swatch } from "../../kit/draw.js";
import { html, set, svg, write } from "../../kit/elements.js";
import { plot } from "../../kit/plot.js";
import { widest } from "../../kit/text.js";
import { follower, makeLane, nearestDot } from "./lane.js";
import { entry, mostLosing } from "./results.js";
import { dotRadius, swarm } from "./swarm.js";

/** @typedef {import("./dots.js").Spec} Spec */
/** @typedef {import("./dots.js").Across} Across */

const LINE = 14; // pixels of a line of counts
const ROOMY = 480; // pixels of width from which on names stand beside the plot, too

/**
 * @param {Spec} spec
 * @param {Across} across
 * @param {import("../../kit/blob.js").Arrays} arrays
 * @param {import("../../kit/text.js").Ruler} ruler
 */
export function columnsView(spec, across, arrays, ruler) {
  const { series, conditions, keys } = spec;
  const { order, places } = across;
  const chart = plot({ label: spec.alts[0] });
  const count = arrays.values.shape[3];
  const lanes = series.map((_, s) => conditions.map((_, k) => makeLane(keys[s][k], count)));
  const paths = series.map((_, s) => follower(keys[s]));
  const joins = series.map((_, s) =>
    svg("path", { ...stroke({ key: keys[s][0] }), "stroke-width": 1.6, "stroke-opacity": 0.75 }),
  );
  const gone = series.map((_, s) =>
    conditions.map(() => label("", { "text-anchor": "middle", class: "bnviz-alarm-text" })),
  );
  const names = series.map((text, s) => {
    const name = label(text, { class: "bnviz-strong" });
    set(name, { style: `fill: var(--bnviz-${keys[s][0]})` });
    return name;
  });
  const words = svg("g");
  const ground = svg("g");
  const here = svg("rect", { class: "bnviz-dots-gutter" }); // behind the condition that is read
  chart.element.insertBefore(here, chart.element.children[1]);
  chart.element.insertBefore(ground, chart.marks);
  chart.over.append(
    ...joins, ...paths, ...lanes.flat().flatMap((lane) => lane.elements), words, ...gone.flat(),
    ...names,
  );
  const readings = series.map((text, s) => reading(text, keys[s][0]));
  const losing = mostLosing(arrays);
  /** @type {import("./results.js").Entry[][]} */
  let entries = [];
  let half = 0; // width of `here`

  /**
   * @param {number} width
   * @param {number} height
   * @param {number} cell
   */
  function frame(width, height, cell) {
    entries = series.map((_, s) => conditions.map((_, k) => entry(arrays, cell, s, k)));
    const longest = series.length > 1 ? widest(series, (text) => ruler(text, 12, 600)) : 0;
    const named = longest > 0 && longest < 0.26 * width && width >= ROOMY;
    const strip = losing ? LINE * losing + 4 : 0;
    chart.frame({
      width, height, top: 24 + (strip && strip + 18), right: named ? longest + 16 : 10,
      x: {
        ...side(across), grid: false,
        ticks: order.map((k) => places[k]), format: (v) => conditions[places.indexOf(v)],
      },
      y: side(spec.value),
    });
    const missing = entries.flat().some((one) => one.lost);
    const [base, top] = chart.y.range;
    const at = places.map((place) => chart.x(place));
    const sorted = order.map((k) => at[k]);
    const gap = Math.min(120, ...sorted.slice(1).map((x, i) => x - sorted[i]));
    half = Math.min(48, gap / 2);
    set(here, { y: top, width: 2 * half, height: base - top });
    const pitch = Math.min(24, (0.86 * gap) / series.length);
    const along = entries.map((row) => row.map((one) => one.values.map((v) => chart.y(v))));
    const r = dotRadius(along.flat(), pitch);
    series.forEach((_, s) => {
      const aside = pitch * (s - (series.length - 1) / 2);
      conditions.forEach((_, k) => {
        const one = entries[s][k];
        const center = at[k] + aside;
        const ys = along[s][k];
        const xs = swarm(ys, 2 * r + 0.5, Math.max(0, pitch / 2 - r)).map((step) => center + step);
        const m = chart.y(one.median);
        const tick = Math.min(pitch / 2, 10);
        lanes[s][k].aim({
          xs, ys, r, median: [center - tick, m, center + tick, m],
          range: [center, chart.y(one.low), center, chart.y(one.high)],
        });
        const line = entries.slice(0, s).filter((row) => row[k].lost).length;
        set(gone[s][k], {
          x: at[k], y: 30 + LINE * line,
          style: series.length > 1 ? `fill: var(--bnviz-${keys[s][k]})` : null,
        });
        write(gone[s][k], one.lost ? `${one.lost} of ${one.count}` : "");
      });
      const measured = order.filter((k) => entries[s][k].count > 0);
      set(joins[s], {
        d: linePath(
          measured.map((k) => at[k] + aside), measured.map((k) => chart.y(entries[s][k].median)),
        ),
      });
    });
    const ends = entries.map((row) => order.map((k) => chart.y(row[k].median)))
      .map((heights) => (named ? heights.filter((y) => !Number.isNaN(y)).pop() ?? NaN : NaN));
    nameEnds(names, ends, chart);
    const [start, end] = chart.x.range;
    ground.replaceChildren(
      ...spec.marks.map(({ value }) => {
        const y = chart.y(value);
        return rule("bnviz-dots-mark", [start, y, end, y]);
      }),
      ...(missing
        ? [svg("rect", {
            x: start, y: 18, width: end - start, height: strip, class: "bnviz-dots-gutter",
          })]
        : []),
    );
    words.replaceChildren(
      ...spec.marks.map(({ name, value }) =>
        label(name, { x: start + 4, y: chart.y(value) - 5, class: "bnviz-halo" }),
      ),
      ...(missing ? [label(spec.lost, { x: 2, y: 12 })] : []),
    );
  }

  return {
    element: chart.element,
    frame,
    readings: readings.map((one) => one.element),
    /**
     * @param {number} share
     * @param {number} seed
     * @param {number} condition whose values are read
     */
    draw(share, seed, condition) {
      set(here, { x: chart.x(places[condition]) - half });
      lanes.forEach((row, s) => {
        for (const lane of row) lane.show(share, seed);
        const shown = order.map((k) => row[k].places);
        set(paths[s], {
          d: seed < 0 || share < 1 ? ""
            : linePath(
                shown.map(({ xs }) => xs[seed] ?? NaN), shown.map(({ ys }) => ys[seed] ?? NaN),
              ),
        });
        set(joins[s], { opacity: seed >= 0 || share < 1 ? 0.35 : null });
        readings[s].show(entries[s][condition], seed);
      });
    },
    at: (/** @type {number} */ px, /** @type {number} */ py) => {
      const found = nearestDot(lanes, px, py);
      if (found.condition >= 0) return found;
      const far = places.map((place) => Math.abs(chart.x(place) - px));
      const condition = far.indexOf(Math.min(...far));
      return { seed: -1, condition };
    },
    describe(/** @type {number} */ seed, /** @type {number} */ cell) {
      const followed = seed < 0 ? "" : `\nSeed ${spec.seeds[seed]} is followed.`;
      chart.describe(spec.alts[cell] + followed);
    },
  };

  /**
   * A line above the plot that says what one series has at the chosen condition.
   * @param {string} text
   * @param {string} key
   */
  function reading(text, key) {
    const said = html("span");
    const element = html(
      "div", { class: "bnviz-line" },
      swatch({ key }), text ? html("strong", {}, text) : null, said,
    );
    return {
      element,
      /**
       * @param {import("./results.js").Entry} one
       * @param {number} seed
       */
      show({ count, lost: gone, median, low, high, values }, seed) {
        const show = (/** @type {number} */ v) => valueText(spec.value, v);
        const followed = seed >= 0 && seed < count;
        const value = followed ? values[seed] : median;
        const range = `(${show(low).replace(" %", "")} to ${show(high)})`;
        write(
          said,
          !count ? "not measured"
            : followed ? `seed ${spec.seeds[seed]}: ${Number.isNaN(value) ? spec.lost : show(value)}`
              : gone === count ? `${gone} of ${count} ${spec.lost}`
                : low < high ? `${show(value)} ${range}` : show(value),
        );
      },
    };
  }
}
