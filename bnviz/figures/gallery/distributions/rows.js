// The rows of recordings, decoded: what each layer held at each moment. No page here: Node can run
// it too. encoding.py says how the bytes are made.

/** @typedef {import("../../kit/blob.js").Arrays} Arrays */

/**
 * One layer, as `Panel` in panels.py describes it.
 * @typedef {object} Panel
 * @property {string} name for readers
 * @property {string} title its own name in the model
 * @property {string} what is counted: the name of the axis of values
 * @property {boolean} log the axis shows magnitudes, as powers of ten
 * @property {[number, number]} range ends of the axis of values
 * @property {[number, number]} span ends of the axis of percentiles
 * @property {number} top the highest share of all rows
 * @property {number[]} stdScale
 * @property {string} off what `off` counts: "saturated", "inactive", "zero"
 * @property {[number|null, number|null]|null} flat from where on the activation is flat
 * @property {string} alt
 */

/**
 * One moment; the methods take the index of a layer and of a series.
 * @typedef {object} Row
 * @property {number} step at which it begins, from 1
 * @property {(l: number, s: number) => Float32Array} shares of the values in each bar
 * @property {(l: number, s: number, p: number) => number} percentile 0, 1, 2: 15th, 50th, 85th
 * @property {(l: number, s: number) => number} std
 * @property {(l: number, s: number) => number} off
 * @property {(l: number, s: number) => number} dead
 * @property {(l: number, s: number) => number[]} nonfinite counts of NaN, +inf, −inf
 */

/** @typedef {{labels: string[], layers: Panel[], bins: number, levels: number, last: number}} Spec */

export const NO_MEANING = 255; // in a byte
const SHARES = 250; // the byte of a share of 1

/**
 * The rows of the arrays that encoding.py made.
 * @param {Spec} spec
 * @param {Arrays} arrays
 * @returns {Row[]}
 */
export function readRows(spec, arrays) {
  const steps = arrays.steps ?? [];
  const count = steps.length;
  /** @type {Object<string, ArrayLike<number>|undefined>} */
  const added = {};
  for (const name of ["heights", "percents", "off", "dead"]) added[name] = addUp(arrays[name], count);
  const read = (/** @type {string} */ name, /** @type {number} */ i) =>
    (added[name] ?? arrays[name])?.[i];
  return Array.from(steps, (step, r) => makeRow(spec, step, (name, i) => read(name, i * count + r)));
}

/**
 * One row as the kernel sends it while training runs: the same arrays, one moment each.
 * @param {Spec} spec
 * @param {{step: number, nonfinite?: number[]}} content
 * @param {DataView} buffer
 * @returns {Row}
 */
export function readLiveRow(spec, content, buffer) {
  const bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const size = spec.layers.length * spec.labels.length;
  let used = size * 4;
  const next = (/** @type {number} */ length) => bytes.subarray(used, (used += length));
  /** @type {Object<string, ArrayLike<number>|undefined>} */
  const arrays = {
    std: new Float32Array(bytes.slice(0, used).buffer),
    percents: next(size * 3),
    off: next(size),
    dead: next(size),
    heights: next(size * spec.bins),
    nonfinite: content.nonfinite,
  };
  return makeRow(spec, content.step, (name, i) => arrays[name]?.[i]);
}

/**
 * Bytes that stand as differences in time, `count` moments each, as they were.
 * @param {ArrayLike<number>|undefined} differences
 * @param {number} count
 */
export function addUp(differences, count) {
  const bytes = Uint8Array.from(differences ?? []);
  for (let i = 0; i < bytes.length; i += 1) {
    if (i % count) bytes[i] += bytes[i - 1]; // modulo 256, as they were taken
  }
  return bytes;
}

/**
 * @param {Spec} spec
 * @param {number} step
 * @param {(name: string, i: number) => number|undefined} read
 * @returns {Row}
 */
function makeRow(spec, step, read) {
  const at = (/** @type {number} */ l, /** @type {number} */ s) => l * spec.labels.length + s;
  const number = (/** @type {string} */ name, /** @type {number} */ i) => read(name, i) ?? NaN;
  const share = (/** @type {number} */ byte) => (byte === NO_MEANING ? NaN : byte / SHARES);
  return {
    step,
    shares(l, s) {
      const start = at(l, s) * spec.bins;
      const { top } = spec.layers[l];
      const shares = new Float32Array(spec.bins);
      for (let b = 0; b < spec.bins; b += 1) {
        shares[b] = (number("heights", start + b) / spec.levels) ** 2 * top;
      }
      return shares;
    },
    percentile(l, s, p) {
      const byte = number("percents", at(l, s) * 3 + p);
      return byte === NO_MEANING ? NaN : onAxis(byte, spec.layers[l].span, spec.layers[l].log);
    },
    std: (l, s) => number("std", at(l, s)) * spec.layers[l].stdScale[s],
    off: (l, s) => share(number("off", at(l, s))),
    dead: (l, s) => share(number("dead", at(l, s))),
    nonfinite: (l, s) => [0, 1, 2].map((i) => read("nonfinite", at(l, s) * 3 + i) ?? 0),
  };
}

/**
 * The value that the byte 0 … 254 stands for on an axis.
 * @param {number} byte
 * @param {number[]} ends
 * @param {boolean} log
 */
export function onAxis(byte, [low, high], log) {
  const part = byte / (NO_MEANING - 1);
  return log ? low * (high / low) ** part : low + (high - low) * part;
}

/**
 * Where each row stands in time: the first at its first step, the last at its last, every one
 * inside the steps that it sums up. Evenly, as the slider goes.
 * @param {Row[]} rows
 * @param {number} last step of the recording
 */
export function moments(rows, last) {
  const first = rows[0]?.step ?? 1;
  const gaps = Math.max(1, rows.length - 1);
  return rows.map((_, r) => first + ((last - first) * r) / gaps);
}

/**
 * The steps that a row sums up, as text: "393–400", or "7".
 * @param {Row[]} rows
 * @param {number} r
 * @param {number} last step of the recording
 * @param {(step: number) => string} format
 */
export function stepsOf(rows, r, last, format) {
  const { step } = rows[r];
  const end = r + 1 < rows.length ? rows[r + 1].step - 1 : Math.max(last, step);
  return end > step ? `${format(step)}–${format(end)}` : format(step);
}
