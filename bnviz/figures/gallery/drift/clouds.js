// The clouds that cloud.py put into arrays, and the arithmetic of drawing them. No page here: Node
// can run it too.

import { fixed, formatNumber } from "../../kit/words.js";

/** @typedef {import("../../kit/blob.js").Arrays} Arrays */
/** @typedef {ReturnType<typeof readCloud>} Cloud */
/** @typedef {[number, number]} Point */
/** @typedef {{x: number, y: number, side: number}} Square upper left corner and side, in pixels */

const LEVELS = 100; // as in cloud.py
const MISSING = -128;
const CORNERS = 48; // of the ellipse
const FULL = 0.46; // of a lens: how far a cloud may reach from its middle

/**
 * One cloud at all moments, in units of the axes.
 * @param {Arrays} arrays
 * @param {number} index
 */
export function readCloud(arrays, index) {
  const [, count, , rows] = arrays.levels.shape;
  const two = (/** @type {ArrayLike<number>} */ array, /** @type {number} */ row, /** @type {number} */ u) =>
    array[(index * rows + row) * 2 + u];
  const values = new Float32Array(rows * count * 2);
  for (let p = 0; p < count; p += 1) {
    for (let u = 0; u < 2; u += 1) {
      let level = 0;
      for (let row = 0; row < rows; row += 1) {
        const change = arrays.levels[((index * count + p) * 2 + u) * rows + row];
        level = ((level + change + 128) & 255) - 128; // modulo 256, as a signed byte
        values[(row * count + p) * 2 + u] =
          level === MISSING
            ? NaN
            : two(arrays.center, row, u) + (level / LEVELS) * two(arrays.half, row, u);
      }
    }
  }
  const covariance = (/** @type {number} */ row) =>
    arrays.covariance.subarray((index * rows + row) * 3, (index * rows + row) * 3 + 3);
  return {
    count,
    rows,
    covariance,
    /** x and y of all points of a row, one after the other; NaN where one is not finite. */
    points: (/** @type {number} */ row) => values.subarray(row * count * 2, (row + 1) * count * 2),
    /** @returns {Point} */
    mean: (/** @type {number} */ row) => [two(arrays.mean, row, 0), two(arrays.mean, row, 1)],
    /** @returns {Point} */
    std: (/** @type {number} */ row) => [Math.sqrt(covariance(row)[0]), Math.sqrt(covariance(row)[2])],
    missing: (/** @type {number} */ row) => arrays.missing[index * rows + row],
    /** The middle between the outermost points. @returns {Point} */
    center: (/** @type {number} */ row) => [two(arrays.center, row, 0), two(arrays.center, row, 1)],
    /** How far the outermost points are from there. */
    reach: (/** @type {number} */ row) =>
      Math.max(two(arrays.half, row, 0), two(arrays.half, row, 1)),
  };
}

/**
 * How many times a lens enlarges what reaches so far, in the same unit as the lens's side: a round
 * number; 1 where it is large enough to be seen without.
 * @param {number} reach
 * @param {number} side
 */
export function magnification(reach, side) {
  const most = (FULL * side) / reach;
  if (!(most >= 2) || !Number.isFinite(most)) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  const round = [8, 6, 5, 4, 3, 2, 1.5].find((one) => one * power <= most) ?? 1;
  return round * power;
}

/**
 * The corner of an area in which a lens covers least of what it must not cover: it is as far from
 * these points as a corner can be.
 * @param {Point[]} points pixels; NaN is left out
 * @param {{x: number, y: number, width: number, height: number}} area
 * @param {number} side of the lens
 * @returns {Square}
 */
export function freeCorner(points, area, side) {
  const gap = 4;
  const lefts = [area.x + gap, area.x + area.width - side - gap];
  const tops = [area.y + gap, area.y + area.height - side - gap];
  let best = { x: lefts[0], y: tops[0], side };
  let farthest = -1;
  for (const y of tops) {
    for (const x of lefts) {
      const distances = points
        .filter(([h, v]) => !Number.isNaN(h + v))
        .map(([h, v]) => Math.max(Math.abs(h - x - side / 2), Math.abs(v - y - side / 2)));
      const far = Math.min(...distances, 1e9);
      if (far > farthest) [best, farthest] = [{ x, y, side }, far];
    }
  }
  return best;
}

/**
 * Both axes' ends for a drawing that is not square: a unit is as long across as up, and the range
 * that must be seen is in the middle.
 * @param {number[][]} range across and up, equally long
 * @param {number} width
 * @param {number} height
 */
export function fillRange([across, up], width, height) {
  const pixels = Math.min(width / (across[1] - across[0]), height / (up[1] - up[0]));
  return [[across, width], [up, height]].map(([ends, room]) => {
    const [low, high] = /** @type {number[]} */ (ends);
    const half = /** @type {number} */ (room) / pixels / 2;
    return [(low + high) / 2 - half, (low + high) / 2 + half];
  });
}

/**
 * The points one standard deviation from the mean: see `ellipse` in cloud.py.
 * @param {Point} mean
 * @param {ArrayLike<number>} covariance xx, xy, yy
 * @returns {Point[]}
 */
export function ellipse([mx, my], covariance) {
  const [xx, xy, yy] = Array.from(covariance);
  const wide = Math.sqrt(xx);
  const slant = wide > 0 ? xy / wide : 0;
  const tall = Math.sqrt(Math.max(0, yy - slant ** 2));
  return Array.from({ length: CORNERS + 1 }, (_, i) => {
    const angle = (2 * Math.PI * i) / CORNERS;
    return [mx + wide * Math.cos(angle), my + slant * Math.cos(angle) + tall * Math.sin(angle)];
  });
}

/**
 * The point of interleaved x, y that is nearest to a place, if any is within reach.
 * @param {ArrayLike<number>} points
 * @param {Point} place
 * @param {number} reach
 * @returns {number} its index; -1 if none is
 */
export function nearestPoint(points, [x, y], reach) {
  let best = -1;
  let least = reach * reach;
  for (let p = 0; 2 * p < points.length; p += 1) {
    const distance = (points[2 * p] - x) ** 2 + (points[2 * p + 1] - y) ** 2;
    if (distance <= least) [best, least] = [p, distance];
  }
  return best;
}

/**
 * The middles of a cloud at those moments at which it needs a lens, and where its mean has been.
 * @param {Cloud} cloud
 * @param {number} unit pixels
 * @param {number} side of the lens
 * @returns {Point[]}
 */
export function smallOnes(cloud, unit, side) {
  const rows = Array.from({ length: cloud.rows }, (_, row) => row);
  const small = rows.filter((row) => magnification(cloud.reach(row) * unit, side) > 1);
  return small.map((row) => cloud.mean(row));
}

/**
 * A number for reading off: enough digits for a small one, none that are noise.
 * @param {number} number
 */
export function plain(number) {
  const size = Math.abs(number);
  if (!(size < 100)) return formatNumber(number, 2);
  return fixed(number, size < 0.1 ? 3 : 2);
}
