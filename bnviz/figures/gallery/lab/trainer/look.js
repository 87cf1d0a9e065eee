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
 * @param {Bins[]} bins of the histogram of each layer
 * @returns {Look[]}
 */
export function look(network, rows, bins) {
  return network.hidden.map(({ pre, activated, activation, outputs, gradWeight }, l) => {
    const count = rows * outputs;
    return {
      percentiles: percentiles(pre, count),
      std: standardDeviation(pre, count),
      ...histogram(pre, count, bins[l]),
      idle: activation ? activation.idle(activated, count) : 0,
      gradient: rootMeanSquare(gradWeight),
    };
  });
}

/**
 * @param {Real} values
 * @param {number} count the first so many
 * @param {Bins} bins
 */
function histogram(values, count, { low, high, bins }) {
  const counts = new Uint32Array(bins);
  const scale = bins / (high - low);
  let inside = 0;
  for (let i = 0; i < count; i++) {
    const value = values[i];
    if (!(value >= low && value <= high)) continue;
    counts[Math.min(bins - 1, Math.floor((value - low) * scale))] += 1;
    inside += 1;
  }
  return { counts, beyond: count - inside };
}

let ordered = new Float64Array(0); // kept, so that a look leaves nothing behind

/** @param {Real} values @param {number} count as numpy.percentile, by linear interpolation */
function percentiles(values, count) {
  if (ordered.length < count) ordered = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    if (Number.isNaN(values[i])) return SHARES.map(() => NaN);
    ordered[i] = values[i];
  }
  let from = 0;
  return SHARES.map((share) => {
    const at = share * (count - 1);
    const below = Math.floor(at);
    place(ordered, below, from, count - 1);
    from = below;
    if (at === below) return ordered[below];
    let next = Infinity;
    for (let i = below + 1; i < count; i++) if (ordered[i] < next) next = ordered[i];
    return ordered[below] + (at - below) * (next - ordered[below]);
  });
}

/**
 * Hoare's quickselect: bring the number that belongs at place k there, and none that is smaller
 * behind it. To sort all of them would take most of a worker's time.
 * @param {Float64Array} values
 * @param {number} k
 * @param {number} low from this place on; what stands before it is no larger
 * @param {number} high to this one
 */
function place(values, k, low, high) {
  while (low < high) {
    const pivot = values[(low + high) >> 1];
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i] < pivot) i++;
      while (values[j] > pivot) j--;
      if (i > j) break;
      const value = values[i];
      values[i++] = values[j];
      values[j--] = value;
    }
    if (k <= j) high = j;
    else if (k >= i) low = i;
    else return;
  }
}

/** @param {Real} values @param {number} count */
function standardDeviation(values, count) {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += values[i];
  const mean = sum / count;
  let squares = 0;
  for (let i = 0; i < count; i++) squares += (values[i] - mean) ** 2;
  return Math.sqrt(squares / count);
}

/** @param {Real} values */
function rootMeanSquare(values) {
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += values[i] * values[i];
  return Math.sqrt(squares / values.length);
}
