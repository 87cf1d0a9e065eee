// Where the numbers of a network lie, and who does the most work, matrix products and sigmoids:
// plain JavaScript in either precision, or WebAssembly in float32, four numbers at a time.

import { assemble } from "./kernel.js";

/** @typedef {Float32Array|Float64Array} Real */

/**
 * c = a · b, for c (m, n) and b (n columns, k rows) row by row, and a (m, k) with steps of its own.
 * @callback Product
 * @param {Real} c is overwritten
 * @param {Real} a a[i][l] lies at `i * rowStep + l * columnStep`
 * @param {Real} b
 * @param {number} m
 * @param {number} n
 * @param {number} k
 * @param {number} rowStep
 * @param {number} columnStep
 */

/**
 * @typedef {object} Backend
 * @property {(count: number) => Real} alloc so many zeros
 * @property {Product} product
 * @property {(y: Real, x: Real, count: number) => void} sigmoid y = 1 / (1 + exp(-x))
 * @property {() => number} used how many numbers were given out
 */

/**
 * Plain JavaScript.
 * @param {Float32ArrayConstructor|Float64ArrayConstructor} Type
 * @returns {Backend}
 */
export function plain(Type = Float32Array) {
  let used = 0;
  return {
    alloc(count) {
      used += count;
      return new Type(count);
    },
    product,
    sigmoid,
    used: () => used,
  };
}

/** Whether this browser has what `simd` needs. */
export function hasSimd() {
  return typeof WebAssembly === "object" && WebAssembly.validate(assemble());
}

/**
 * WebAssembly. Its memory cannot grow while arrays lie in it, so its size is said in advance:
 * build once with `plain()` and ask how much was `used()`.
 * @param {number} count numbers that will be given out at most
 * @param {number} arrays in how many arrays at most
 * @returns {Backend}
 */
export function simd(count, arrays = 4096) {
  const bytes = 4 * count + 16 * arrays;
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / 65536) });
  const module = new WebAssembly.Module(assemble());
  const { exports } = new WebAssembly.Instance(module, { js: { memory } });
  const kernel = /** @type {Object<string, (...numbers: number[]) => void>} */ (exports);
  let used = 0;
  let next = 0;
  return {
    alloc(length) {
      const array = new Float32Array(memory.buffer, next, length);
      next += 16 * Math.ceil(length / 4);
      used += length;
      return array;
    },
    product(c, a, b, m, n, k, rowStep, columnStep) {
      if (m < 4 || n < 8) return product(c, a, b, m, n, k, rowStep, columnStep); // below one tile
      kernel.product(c.byteOffset, a.byteOffset, b.byteOffset, m, n, k, 4 * rowStep, 4 * columnStep);
    },
    sigmoid: (y, x, count) => kernel.sigmoid(y.byteOffset, x.byteOffset, count),
    used: () => used,
  };
}

/** @param {Real} y @param {Real} x @param {number} count */
function sigmoid(y, x, count) {
  for (let i = 0; i < count; i++) y[i] = 1 / (1 + Math.exp(-x[i]));
}

/** Four columns of b, side by side. */
let panel = new Float64Array(0);

/** @type {Product} */
function product(c, a, b, m, n, k, rowStep, columnStep) {
  if (panel.length < 4 * k) panel = new Float64Array(4 * k);
  // Two rows by four columns of c at a time: eight sums that need no memory while l runs.
  for (let j = 0; j < n; j += 4) {
    const columns = Math.min(4, n - j);
    for (let l = 0; l < k; l++) {
      for (let q = 0; q < columns; q++) panel[4 * l + q] = b[l * n + j + q];
    }
    for (let i = 0; i < m; i += 2) {
      const more = i + 1 < m; // else the only row is computed twice
      const below = more ? rowStep : 0;
      let s0 = 0, s1 = 0, s2 = 0, s3 = 0, t0 = 0, t1 = 0, t2 = 0, t3 = 0;
      for (let l = 0, p = i * rowStep, q = 0; l < k; l++, p += columnStep, q += 4) {
        const s = a[p], t = a[p + below];
        const b0 = panel[q], b1 = panel[q + 1], b2 = panel[q + 2], b3 = panel[q + 3];
        s0 += s * b0;
        s1 += s * b1;
        s2 += s * b2;
        s3 += s * b3;
        t0 += t * b0;
        t1 += t * b1;
        t2 += t * b2;
        t3 += t * b3;
      }
      for (let r = 0, at = i * n + j; r < (more ? 2 : 1); r++, at += n) {
        c[at] = r ? t0 : s0;
        if (columns > 1) c[at + 1] = r ? t1 : s1;
        if (columns > 2) c[at + 2] = r ? t2 : s2;
        if (columns > 3) c[at + 3] = r ? t3 : s3;
      }
    }
  }
}
