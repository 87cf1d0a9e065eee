// The arrays of a sweep, decoded: results.py and inside.py say how they were made. No page here:
// Node can run it too.

import { spread } from "../../kit/spread.js";

/** @typedef {import("../../kit/blob.js").Arrays} Arrays */
/** @typedef {[number, number, number, number]} At choice, row, column, series */

const NONE = 255; // a byte that means nothing
const SHARES = 250; // the byte of a share of 1
const LEVELS = 30; // the byte of a bar that holds all values

const DIGITS = 200; // steps of a power of ten
const LEAST = -32768; // a number that means nothing

/**
 * @param {Arrays} arrays
 */
export function reader(arrays) {
  const [, R, K, S, N] = arrays.values.shape;
  const cell = (/** @type {At} */ [c, r, k, s]) => ((c * R + r) * K + k) * S + s;
  const moments = arrays.moments?.length ?? 0;
  const [, , , , L = 0, B = 0] = arrays.heights?.shape ?? [];
  const [heights, percents, off, dead, std] = ["heights", "percents", "off", "dead", "std"].map(
    (name) => (arrays[name] ? addUp(/** @type {any} */ (arrays[name]), moments) : []),
  );
  const share = (/** @type {number} */ byte) => (byte === NONE ? NaN : byte / SHARES);

  return {
    /**
     * What is said of the seeds of a cell; `count` is 0 where nothing was run.
     * @param {At} at
     */
    result(at) {
      const count = arrays.counts[cell(at)];
      const start = cell(at) * N;
      return spread(arrays.values.subarray(start, start + count));
    },
    /** What all cells of all choices have that have anything. */
    medians() {
      return Array.from(arrays.counts, (count, i) =>
        spread(arrays.values.subarray(i * N, i * N + count)).median,
      ).filter((median) => !Number.isNaN(median));
    },
    /**
     * The curve of each seed, as places 0 … 1 on its axis, and where it is lost (0 for never).
     * @param {At} at
     */
    curves(at) {
      const T = arrays.steps.length;
      return Array.from({ length: arrays.counts[cell(at)] }, (_, n) => {
        const start = (cell(at) * N + n) * T;
        const places = Array.from(arrays.curve.subarray(start, start + T), (byte) =>
          byte === NONE ? NaN : byte / (NONE - 1),
        );
        return { places, lostAt: arrays.lostAt[cell(at) * N + n] };
      });
    },
    /**
     * One percentile of a layer over the moments, as places 0 … 1 on the axis of values.
     * @param {At} at
     * @param {number} layer
     * @param {number} p 0, 1, 2: the 15th, 50th, 85th
     */
    percentile(at, layer, p) {
      const start = ((cell(at) * L + layer) * 3 + p) * moments;
      return Array.from(percents.slice(start, start + moments), (byte) =>
        byte === NONE ? NaN : byte / (NONE - 1),
      );
    },
    /**
     * The share of the values in each bar at a moment.
     * @param {At} at
     * @param {number} layer
     * @param {number} moment
     */
    shares(at, layer, moment) {
      const start = (cell(at) * L + layer) * B * moments + moment;
      return Array.from({ length: B }, (_, b) => (heights[start + b * moments] / LEVELS) ** 2);
    },
    /**
     * What is said of a layer at a moment; NaN for what has no meaning there.
     * @param {At} at
     * @param {number} layer
     * @param {number} moment
     */
    layer(at, layer, moment) {
      const i = (cell(at) * L + layer) * moments + moment;
      const size = std[i] === LEAST ? NaN : std[i] === LEAST + 1 ? 0 : 10 ** (std[i] / DIGITS);
      return { std: size, off: share(off[i]), dead: share(dead[i]) };
    },
  };
}

/** @typedef {ReturnType<typeof reader>} Reader */

/**
 * Integers that stand as differences in time, `count` moments each, as they were.
 * @template {Uint8Array|Int16Array} T
 * @param {T} differences
 * @param {number} count
 * @returns {T}
 */
export function addUp(differences, count) {
  const whole = /** @type {T} */ (differences.slice());
  for (let i = 0; i < whole.length; i += 1) {
    if (i % count) whole[i] += whole[i - 1]; // overflows as it did when they were taken
  }
  return whole;
}

/**
 * An axis that is even near zero and logarithmic far from it: a needle and an explosion are seen
 * side by side.
 * @param {number} unit where it turns from one to the other
 * @returns {(domain: number[], range: number[]) => import("../../kit/scales.js").Scale}
 */
export function arsinh(unit) {
  return (domain, range) => {
    const [low, high] = domain.map((v) => Math.asinh(v / unit));
    const factor = (range[1] - range[0]) / (high - low);
    const scale = (/** @type {number} */ v) => range[0] + (Math.asinh(v / unit) - low) * factor;
    return Object.assign(scale, {
      domain,
      range,
      invert: (/** @type {number} */ px) => unit * Math.sinh(low + (px - range[0]) / factor),
      ticks: () => powers(unit, domain[1]),
      format: String,
    });
  };
}

/**
 * Zero and powers of ten on both sides of it.
 * @param {number} unit the least
 * @param {number} reach the largest
 */
export function powers(unit, reach) {
  const sizes = Array.from(
    { length: Math.round(Math.log10(reach / unit)) + 1 }, (_, e) => unit * 10 ** e,
  );
  return [...sizes.map((v) => -v).reverse(), 0, ...sizes];
}

/**
 * Those ticks whose numbers have room, from the middle one outwards.
 * @param {number[]} ticks
 * @param {(tick: number) => number} at pixels
 * @param {number} gap least distance
 */
export function thinOut(ticks, at, gap) {
  const middle = ticks.length >> 1;
  const kept = [ticks[middle]];
  for (const side of [ticks.slice(0, middle).reverse(), ticks.slice(middle + 1)]) {
    let last = at(ticks[middle]);
    for (const tick of side) {
      if (Math.abs(at(tick) - last) < gap) continue;
      kept.push(tick);
      last = at(tick);
    }
  }
  return kept.sort((a, b) => a - b);
}
