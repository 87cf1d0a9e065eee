// One series in one condition: its dots, their range and median, and the seed that is followed.

import { round } from "../../kit/draw.js";
import { set, svg } from "../../kit/elements.js";
import { dotPath, hollow } from "./swarm.js";

/**
 * Where things stand; a lane lies along x in rows, along y in columns.
 * @typedef {object} Places
 * @property {number[]} xs of the dots; NaN for one that is not there
 * @property {number[]} ys
 * @property {number} r of a dot
 * @property {number[]} median x1, y1, x2, y2 of the thick line; NaN where there is none
 * @property {number[]} range x1, y1, x2, y2 of the thin line
 */

const FEW = 10; // dots that a median would hide where they agree; more would hide the median

/**
 * @param {string} key of its style
 * @param {number} count of the dots, at most
 */
export function makeLane(key, count) {
  const many = count > FEW;
  const color = `var(--bnviz-${key})`;
  const open = hollow(key);
  const range = svg("path", { stroke: color, "stroke-width": 1, "stroke-opacity": 0.5 });
  const dots = svg("path", {
    fill: open ? "var(--bnviz-surface)" : color, stroke: open ? color : "var(--bnviz-surface)",
    "stroke-width": open ? 1.5 : 0.8,
  });
  const median = svg("path", { class: "bnviz-dots-median" });
  const halo = svg("path", { class: "bnviz-dots-halo" });
  const ring = svg("path", { fill: color, stroke: "var(--bnviz-text)", "stroke-width": 1.8 });
  /** @type {Places} */
  let now = { xs: [], ys: [], r: 4, median: [], range: [] };
  /** @type {Places} */
  let before = now;
  let still = false; // drawn where it stands

  return {
    elements: [range, ...(many ? [dots, halo, median] : [median, dots]), ring],
    get places() {
      return now;
    },
    /**
     * What is drawn next, coming from where things stood.
     * @param {Places} places
     */
    aim(places) {
      before = now;
      now = places;
      still = false;
    },
    /**
     * Draws it.
     * @param {number} share of the way from the last places, 1 when there
     * @param {number} seed the one that is followed; -1 for none
     */
    show(share, seed) {
      const between = (/** @type {number[]} */ from, /** @type {number[]} */ to) =>
        to.map((v, i) => {
          const start = from[i] ?? NaN;
          return share < 1 && !Number.isNaN(start) ? start + share * (v - start) : v;
        });
      const xs = between(before.xs, now.xs);
      const ys = between(before.ys, now.ys);
      if (!still) {
        set(dots, { d: dotPath(key, xs, ys, now.r) });
        set(range, { d: line(between(before.range, now.range)) });
        const middle = line(between(before.median, now.median));
        set(median, { d: middle });
        set(halo, { d: middle });
        still = share >= 1;
      }
      set(ring, { d: seed >= 0 ? dotPath(key, [xs[seed]], [ys[seed]], now.r + 1) : "" });
      set(dots, { opacity: seed >= 0 ? 0.3 : null });
      set(median, { opacity: seed >= 0 ? 0.3 : null });
      set(halo, { opacity: seed >= 0 ? 0 : null });
    },
  };
}

/**
 * `d` of a line: one attribute to set for each frame of a move, where a `<line>` has four.
 * @param {number[]} ends
 */
function line(ends) {
  if (ends.length < 4 || ends.some(Number.isNaN)) return "";
  const [x1, y1, x2, y2] = ends.map(round);
  return `M${x1} ${y1}L${x2} ${y2}`;
}

/**
 * The line along which one seed is followed.
 * @param {string[]} keys of the lanes that it joins
 */
export function follower(keys) {
  const same = keys.every((key) => key === keys[0]);
  const color = same ? `var(--bnviz-${keys[0]})` : "var(--bnviz-muted)";
  return svg("path", { fill: "none", stroke: color, "stroke-width": 1.4 });
}

const NEAR = 14; // pixels from a dot that still mean it

/**
 * The dot at a point.
 * @param {ReturnType<typeof makeLane>[][]} lanes by series and condition
 * @param {number} x
 * @param {number} y
 * @returns {{seed: number, condition: number}} -1 where there is none
 */
export function nearestDot(lanes, x, y) {
  let least = NEAR;
  let found = { seed: -1, condition: -1 };
  for (const row of lanes) {
    row.forEach(({ places: { xs, ys } }, condition) => {
      for (let seed = 0; seed < xs.length; seed += 1) {
        const far = Math.hypot(xs[seed] - x, ys[seed] - y);
        if (far < least) [least, found] = [far, { seed, condition }];
      }
    });
  }
  return found;
}
