// Normalizing a block over any of its axes, as arithmetic.py does. No page here: Node can run it too.

/**
 * A way to normalize a block.
 * @typedef {object} Over
 * @property {number[]} axes that share a mean and a standard deviation
 * @property {number} groups of neighboring channels; 1 for all in one
 * @property {boolean} centered the mean is subtracted
 */

/**
 * @typedef {object} Normalized
 * @property {Int32Array} keys by number of the block: equal where two share their statistics
 * @property {number[]} counts by key, of the numbers that share them
 * @property {number[]} means by key
 * @property {number[]} scales by key: the standard deviation, or the root mean square
 * @property {Float64Array} hat the block, normalized
 */

/**
 * @param {ArrayLike<number>} x the block, row by row
 * @param {number[]} shape of the block: images, channels, and what a map has
 * @param {Over} over
 * @param {number} eps added to the variance
 * @returns {Normalized}
 */
export function normalize(x, shape, { axes, groups, centered }, eps) {
  const keys = new Int32Array(x.length);
  // An axis that is averaged over counts as one; channels of a group count as their group.
  const sizes = shape.map((size, axis) => (axes.includes(axis) ? (axis === 1 ? groups : 1) : size));
  for (let i = 0; i < x.length; i += 1) {
    const at = indexOf(i, shape);
    keys[i] = at.reduce((key, k, axis) => {
      const part = !axes.includes(axis) ? k : axis === 1 ? Math.floor((k * groups) / shape[1]) : 0;
      return key * sizes[axis] + part;
    }, 0);
  }
  const count = sizes.reduce((a, b) => a * b, 1);
  const share = x.length / count;
  const means = zeros(count);
  for (let i = 0; i < x.length; i += 1) means[keys[i]] += x[i] / share;
  const away = new Float64Array(x.length);
  const squares = zeros(count);
  for (let i = 0; i < x.length; i += 1) {
    away[i] = centered ? x[i] - means[keys[i]] : x[i];
    squares[keys[i]] += (away[i] * away[i]) / share;
  }
  return {
    keys, means,
    counts: new Array(count).fill(share),
    scales: squares.map(Math.sqrt),
    hat: away.map((value, i) => value / Math.sqrt(squares[keys[i]] + eps)),
  };
}

/**
 * Where in the block its i-th number stands.
 * @param {number} i
 * @param {number[]} shape
 */
export function indexOf(i, shape) {
  const at = shape.map(() => 0);
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    at[axis] = i % shape[axis];
    i = Math.floor(i / shape[axis]);
  }
  return at;
}

/**
 * Which number of the block stands there.
 * @param {number[]} at
 * @param {number[]} shape
 */
export function numberAt(at, shape) {
  return at.reduce((i, k, axis) => i * shape[axis] + k, 0);
}

/** @param {number} count */
function zeros(count) {
  return new Array(count).fill(0);
}
