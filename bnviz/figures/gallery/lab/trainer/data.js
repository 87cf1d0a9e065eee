// What the networks learn: the digits in the split of `bnviz.data.digits`, and its spirals.

import { EDGE, PLACES } from "./answers.js";
import { NumpyRandom } from "./numpy_random.js";

/**
 * @typedef {object} Examples
 * @property {number[]} x (examples, features) row by row
 * @property {number[]} y the class of each
 */

/**
 * @typedef {object} Data
 * @property {Examples} train
 * @property {Examples} test
 * @property {number} features
 * @property {number} classes
 * @property {Examples} shown a few of the test set, to be seen
 * @property {number[]} asked (rows, features) for what the answers are seen: the images shown, or
 *   places all over the plane, row by row from below
 */

const PIXELS = 64;
const CLASSES = 10;
const TEST_SIZE = 500;
const POINTS = 600; // of the spirals, to train on, and as many to test with
const SHOWN = { images: 12, points: 200 };

/**
 * The digits, split by a seed so that each class has its share in both parts.
 * @param {ArrayLike<number>} pixels (1797, 64), from 0 to 16
 * @param {ArrayLike<number>} labels (1797,)
 * @param {number} seed
 * @returns {Data}
 */
export function digits(pixels, labels, seed) {
  const random = new NumpyRandom(seed);
  const all = Array.from(labels, (_, i) => i);
  const members = Array.from({ length: CLASSES }, (_, c) => all.filter((i) => labels[i] === c));
  const sizes = shareOut(TEST_SIZE, members.map(({ length }) => length));
  const tested = new Set(members.flatMap((rows, c) => random.permutation(rows).slice(0, sizes[c])));
  const part = (/** @type {boolean} */ testing) => {
    const rows = random.permutation(all.filter((i) => tested.has(i) === testing));
    return {
      x: rows.flatMap((i) => Array.from({ length: PIXELS }, (_, p) => pixels[PIXELS * i + p] / 16)),
      y: rows.map((i) => labels[i]),
    };
  };
  const [train, test] = [part(false), part(true)];
  const shown = { x: test.x.slice(0, SHOWN.images * PIXELS), y: test.y.slice(0, SHOWN.images) };
  return { train, test, features: PIXELS, classes: CLASSES, shown, asked: shown.x };
}

/**
 * Two spirals around each other: those of `data.spirals(600, seed)` to learn, of seed + 1000 to test.
 * @param {number} seed
 * @returns {Data}
 */
export function spirals(seed) {
  const test = twoSpirals(seed + 1000);
  const shown = { x: test.x.slice(0, 2 * SHOWN.points), y: test.y.slice(0, SHOWN.points) };
  const middles = Array.from({ length: PLACES }, (_, i) => EDGE * ((2 * i + 1) / PLACES - 1));
  const asked = middles.flatMap((y) => middles.flatMap((x) => [x, y]));
  return { train: twoSpirals(seed), test, features: 2, classes: 2, shown, asked };
}

/** @param {number} seed @returns {Examples} */
function twoSpirals(seed) {
  const random = new NumpyRandom(seed);
  const each = (/** @type {() => number} */ draw) => Array.from({ length: POINTS }, draw);
  const radius = each(() => Math.sqrt(0.05 + (1 - 0.05) * random.uniform()));
  const y = each(() => random.integer(1));
  const x = radius.flatMap((r, i) => {
    const angle = 2 * Math.PI * 1.5 * r + Math.PI * y[i];
    return [r * Math.cos(angle), r * Math.sin(angle)];
  });
  return { x: x.map((value) => Math.fround(value + 0.03 * random.normal())), y };
}

/**
 * Share a total in proportion to counts, in whole numbers: largest remainders first.
 * @param {number} total
 * @param {number[]} counts
 */
function shareOut(total, counts) {
  const all = counts.reduce((a, b) => a + b);
  const exact = counts.map((count) => (total * count) / all);
  const shares = exact.map(Math.floor);
  const rest = counts.map((_, c) => c).sort((a, b) => shares[a] - exact[a] - (shares[b] - exact[b]));
  const missing = total - shares.reduce((a, b) => a + b);
  for (const c of rest.slice(0, missing)) shares[c] += 1;
  return shares;
}
