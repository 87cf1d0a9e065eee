// Scales from values to pixels. No page here: Node can run it too.

import { formatNumber, tickText } from "./words.js";

const ROUNDING = 1e-6; // of the ends of an axis, which come in single precision

/**
 * `x(value)` gives pixels, `x.invert(pixels)` the value, `x.ticks(count)` round values,
 * `x.format(value)` a tick's text.
 * @typedef {((value: number) => number) & {
 *   domain: number[], range: number[], invert: (pixel: number) => number,
 *   ticks: (count?: number) => number[], format: (value: number) => string}} Scale
 */

/**
 * A linear scale.
 * @param {number[]} domain the two values at the ends
 * @param {number[]} range the two pixels there
 * @returns {Scale}
 */
export function linear(domain, range) {
  const [d0, d1] = domain;
  const [r0, r1] = range;
  const factor = (r1 - r0) / (d1 - d0 || 1);
  let step = 1;
  return Object.assign((/** @type {number} */ value) => r0 + (value - d0) * factor, {
    domain,
    range,
    invert: (/** @type {number} */ pixel) => d0 + (pixel - r0) / (factor || 1),
    ticks(count = 5) {
      step = niceStep(Math.abs(d1 - d0), count);
      const first = Math.ceil(Math.min(d0, d1) / step - 1e-9);
      const last = Math.floor(Math.max(d0, d1) / step + 1e-9);
      return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
    },
    format: (/** @type {number} */ value) => tickText(value, step),
  });
}

/**
 * A base-10 logarithmic scale over a positive domain.
 * @param {number[]} domain
 * @param {number[]} range
 * @returns {Scale}
 */
export function log(domain, range) {
  const inner = linear(domain.map(Math.log10), range);
  const [low, high] = domain;
  return Object.assign((/** @type {number} */ value) => inner(Math.log10(value)), {
    domain,
    range,
    invert: (/** @type {number} */ pixel) => 10 ** inner.invert(pixel),
    /** Powers of ten, thinned out where there are many; 2 and 5 times them where there are few. */
    ticks(count = 5) {
      const decades = Math.log10(high / low);
      const multiples = decades * 3 <= count + 1 ? [1, 2, 5] : [1];
      const every = Math.max(1, Math.ceil(decades / count));
      const ticks = [];
      for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e += 1) {
        if (multiples.length === 1 && e % every) continue;
        for (const m of multiples) ticks.push(m * 10 ** e);
      }
      return ticks.filter((t) => t >= low * (1 - ROUNDING) && t <= high * (1 + ROUNDING));
    },
    format: (/** @type {number} */ value) => formatNumber(value, 1),
  });
}

/**
 * A square-root scale from 0: a share of 60 % and one of 2 % are both seen.
 * @param {number[]} domain begins at 0
 * @param {number[]} range
 * @returns {Scale}
 */
export function sqrt(domain, range) {
  const high = domain[1];
  const inner = linear([0, Math.sqrt(high)], range);
  return Object.assign((/** @type {number} */ value) => inner(Math.sqrt(Math.max(0, value))), {
    domain,
    range,
    invert: (/** @type {number} */ pixel) => Math.max(0, inner.invert(pixel)) ** 2,
    /** Round values, so far apart that their numbers do not touch. */
    ticks(count = 5) {
      const ticks = [0];
      const most = high * (1 + ROUNDING);
      const apart = Math.sqrt(high) / (count + 1);
      for (let e = Math.floor(Math.log10(most)) - 3; e <= Math.log10(most); e += 1) {
        for (const m of [1, 2, 5]) {
          const tick = m * 10 ** e;
          const last = Math.sqrt(ticks[ticks.length - 1]);
          if (tick <= most && Math.sqrt(tick) - last >= apart) ticks.push(tick);
        }
      }
      return ticks;
    },
    format: (/** @type {number} */ value) => formatNumber(value, 1),
  });
}

/**
 * Places for so many things side by side: `x(i)` is the middle of place i.
 * @param {string[]} names of the places
 * @param {number[]} range
 * @returns {Scale}
 */
export function places(names, range) {
  const inner = linear([-0.5, names.length - 0.5], range);
  return Object.assign(inner, {
    ticks: () => names.map((_, i) => i),
    format: (/** @type {number} */ i) => names[i],
    invert: (/** @type {number} */ pixel) => {
      const at = Math.round(inner.domain[0] + ((pixel - range[0]) / (range[1] - range[0])) * names.length);
      return Math.min(names.length - 1, Math.max(0, at));
    },
  });
}

/**
 * @param {number} span
 * @param {number} count
 */
function niceStep(span, count) {
  if (!(span > 0)) return 1;
  const rough = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((f) => f * power >= rough * 0.999) ?? 10;
  return factor * power;
}

/**
 * The index of the value in ascending `values` that is closest to `value`.
 * @param {ArrayLike<number>} values
 * @param {number} value
 */
export function nearest(values, value) {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value - values[middle] > values[middle + 1] - value) low = middle + 1;
    else high = middle;
  }
  return low;
}
