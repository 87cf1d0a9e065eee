// Averages over mini-batches as they come, as in average.py. No page here: Node can run it too.

/**
 * The running average before the first value and after each.
 * @param {ArrayLike<number>} values of the mini-batches
 * @param {number} momentum the share of the new value, as PyTorch counts it
 * @param {number} start
 * @returns {number[]} one more than there are values
 */
export function runningAverage(values, momentum, start) {
  const found = [start];
  for (let t = 0; t < values.length; t += 1) {
    found.push((1 - momentum) * found[t] + momentum * values[t]);
  }
  return found;
}

/**
 * The plain average of the values until each of them.
 * @param {ArrayLike<number>} values
 */
export function averageSoFar(values) {
  let sum = 0;
  return Array.from(values, (value, t) => {
    sum += value;
    return sum / (t + 1);
  });
}

/**
 * How many of the latest values hold at least this share of the weight.
 * @param {number} momentum
 * @param {number} [share]
 */
export function memory(momentum, share = 0.9) {
  return momentum === 1 ? 1 : Math.ceil(Math.log(1 - share) / Math.log(1 - momentum));
}

/**
 * The momentum at a position of the slider: 0.001 at 0, 0.1 at 40, 1 at 60; two digits.
 * @param {number} position
 */
export function momentumAt(position) {
  return Number((10 ** (position / 20 - 3)).toPrecision(2));
}

/**
 * The position of a momentum.
 * @param {number} momentum
 */
export function positionOf(momentum) {
  return Math.round(20 * (Math.log10(momentum) + 3));
}
