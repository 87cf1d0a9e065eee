// The values of the seeds, taken out of their arrays. No page here: Node can run it too.

import { nearest } from "../../kit/scales.js";
import { spread } from "../../kit/spread.js";

/** @typedef {import("../../kit/blob.js").Arrays} Arrays */

/**
 * What is drawn and said of one series in one condition.
 * @typedef {object} Entry
 * @property {number[]} values of the seeds; NaN where lost
 * @property {number} count of the seeds; 0 where nothing was measured
 * @property {number} lost how many are NaN or infinite
 * @property {number} median of the others
 * @property {number} low
 * @property {number} high
 */

/**
 * @param {Arrays} arrays
 * @param {number} cell
 * @param {number} series
 * @param {number} condition
 * @returns {Entry}
 */
export function entry({ values, counts }, cell, series, condition) {
  const [, S, K, N] = values.shape;
  const at = (cell * S + series) * K + condition;
  const count = counts[at];
  const all = Array.from(values.subarray(at * N, at * N + count), (v) =>
    Number.isFinite(v) ? v : NaN,
  );
  return { ...spread(all), values: all };
}

/**
 * How many series at most lose seeds in the same condition.
 * @param {Arrays} arrays
 */
export function mostLosing(arrays) {
  const [cells, S, K] = arrays.values.shape;
  let most = 0;
  for (let cell = 0; cell < cells; cell += 1) {
    for (let k = 0; k < K; k += 1) {
      let losing = 0;
      for (let s = 0; s < S; s += 1) losing += entry(arrays, cell, s, k).lost > 0 ? 1 : 0;
      most = Math.max(most, losing);
    }
  }
  return most;
}

/**
 * The condition that is nearest to a place on the axis; none without a place.
 * @param {number|null} at
 * @param {{order: number[], places: number[]}} across
 */
export function conditionAt(at, { order, places }) {
  if (at === null) return undefined;
  return order[nearest(order.map((k) => places[k]), at)];
}

/**
 * The condition in which the medians of the series are furthest apart: there is most to read.
 * @param {Arrays} arrays
 * @param {number[]} order of the conditions; the last is taken where none stands out
 */
export function widestApart(arrays, order) {
  const [, S] = arrays.values.shape;
  let [best, most] = [order[order.length - 1], 0];
  for (const k of order) {
    const medians = Array.from({ length: S }, (_, s) => entry(arrays, 0, s, k).median);
    const known = medians.filter((v) => !Number.isNaN(v));
    const apart = Math.max(...known) - Math.min(...known);
    if (apart > most) [best, most] = [k, apart];
  }
  return best;
}

/**
 * Levels for labels on one line, so that none covers another: 0 is the lowest.
 * @param {Array<{start: number, end: number}>} labels in pixels
 * @param {number} gap
 * @returns {number[]}
 */
export function levels(labels, gap = 8) {
  /** @type {number[]} */
  const chosen = [];
  labels.forEach(({ start, end }, i) => {
    let level = 0;
    const covers = (/** @type {number} */ j) =>
      chosen[j] === level && labels[j].start < end + gap && start < labels[j].end + gap;
    while (chosen.some((_, j) => covers(j))) level += 1;
    chosen[i] = level;
  });
  return chosen;
}
