// What is seen of a network between two steps: distributions, sizes of gradients, idle units.

/** @typedef {import("./backend.js").Real} Real */
/** @typedef {import("./network.js").Network} Network */
/** @typedef {{low: number, high: number, bins: number}} Bins all of one width */

/**
 * What is seen of one hidden layer after a step.
 * @typedef {object} Look
 * @property {number[]} percentiles the 15th, 50th and 85th of what the activation got; NaN where
 *   one of its values is no number
 * @property {number} std its standard deviation
 * @property {Uint32Array} counts how many of its values lie in each bin
 * @property {number} beyond how many lie outside of all bins, or are no numbers
 * @property {number} idle share of the activation's outputs that hand on next to nothing
 * @property {number} gradient root mean square of the gradient at the layer's weights
 */

const SHARES = [0.15, 0.5, 0.85];

/**
 * Look at all hidden layers of a network.
 * @param {Network} network after a step
 * @param {number} rows of its batch
 * @param {Bins} bins of the histograms
 * @returns {Look[]}
 */
export function look(network, rows, bins) {
  return network.hidden.map(({ pre, activated, activation, outputs, gradWeight }) => {
    const values = pre.subarray(0, rows * outputs);
    return {
      percentiles: percentiles(values),
      std: standardDeviation(values),
      ...histogram(values, bins),
      idle: activation ? activation.idle(activated, values.length) : 0,
      gradient: Math.sqrt(meanOf(gradWeight, (value) => value * value)),
    };
  });
}

/**
 * @param {Real} values
 * @param {Bins} bins
 */
function histogram(values, { low, high, bins }) {
  const counts = new Uint32Array(bins);
  const scale = bins / (high - low);
  let inside = 0;
  for (const value of values) {
    if (!(value >= low && value <= high)) continue;
    counts[Math.min(bins - 1, Math.floor((value - low) * scale))] += 1;
    inside += 1;
  }
  return { counts, beyond: values.length - inside };
}

/** @param {Real} values as numpy.percentile, by linear interpolation */
function percentiles(values) {
  if (values.some(Number.isNaN)) return SHARES.map(() => NaN);
  const sorted = Float64Array.from(values).sort();
  return SHARES.map((share) => {
    const at = share * (sorted.length - 1);
    const below = Math.floor(at);
    const above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  });
}

/** @param {Real} values */
function standardDeviation(values) {
  const mean = meanOf(values, (value) => value);
  return Math.sqrt(meanOf(values, (value) => (value - mean) ** 2));
}

/** @param {Real} values @param {(value: number) => number} of */
function meanOf(values, of) {
  let sum = 0;
  for (const value of values) sum += of(value);
  return sum / values.length;
}
