// Batch normalization of one unit over a few samples, and what is special about a batch. No page
// here: Node can run it too.

import { tidy } from "../../kit/words.js";

/**
 * @typedef {object} State
 * @property {number[]} pool x of every sample there can be
 * @property {number} size how many of them are in the batch
 * @property {number} eps
 * @property {number} weight
 * @property {number} bias
 */

/** @typedef {{values: number[], mean: number, std: number}} Row */

/**
 * @typedef {object} Batch
 * @property {number} mean of x
 * @property {number} variance of x, divided by the number of samples
 * @property {Row[]} rows x, x̂ and y
 */

/**
 * Algorithm 1 of Ioffe & Szegedy. Counting from the first sample keeps the variance exact beside a
 * large mean, and exactly zero where all samples are equal.
 * @param {State} state
 * @returns {Batch}
 */
export function normalize({ pool, size, eps, weight, bias }) {
  const x = pool.slice(0, size);
  const shift = x.map((v) => v - x[0]);
  const offset = average(shift);
  const deviation = shift.map((v) => v - offset);
  const variance = average(deviation.map((d) => d * d));
  const root = Math.sqrt(variance + eps);
  const hat = deviation.map((d) => zero(d / root));
  const y = hat.map((h) => zero(weight * h + bias));
  const mean = x[0] + offset;
  const std = Math.sqrt(variance);
  return {
    mean,
    variance,
    rows: [
      { values: x, mean, std },
      { values: hat, mean: 0, std: std / root },
      { values: y, mean: bias, std: (Math.abs(weight) * std) / root },
    ],
  };
}

/** @param {number[]} values */
function average(values) {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

/**
 * What is zero but for rounding reads as zero; normalized values are of the size of 1.
 * @param {number} value
 */
function zero(value) {
  return Math.abs(value) < 1e-14 ? 0 : value;
}

/**
 * All values as far from the mean of the first `size` as before, times a factor.
 * @param {number[]} pool
 * @param {number} size
 * @param {number} factor
 */
export function scaled(pool, size, factor) {
  const offset = average(pool.slice(0, size).map((v) => v - pool[0]));
  return pool.map((v) => pool[0] + offset + factor * (v - pool[0] - offset));
}

/**
 * The sample farthest from the mean: the one to look at first.
 * @param {Batch} batch
 */
export function farthest({ rows }) {
  const sizes = rows[1].values.map(Math.abs);
  return sizes.indexOf(Math.max(...sizes));
}

/**
 * Significant digits that tell the samples apart from their mean.
 * @param {Batch} batch
 * @param {number} least
 */
export function digitsOf({ mean, rows }, least) {
  const { std } = rows[0];
  if (!(std > 0)) return least;
  const needed = 3 + Math.ceil(Math.log10(Math.max(1, Math.abs(mean) / std)));
  return Math.max(least, Math.min(needed, 8));
}

/**
 * What an x̂ says of its sample.
 * @param {number} hat
 */
export function inWords(hat) {
  const text = tidy(Math.abs(hat));
  if (Math.abs(hat) < 0.0005) return "at the mean";
  return `${text} standard deviation${text === "1" ? "" : "s"} ${hat > 0 ? "above" : "below"} the mean`;
}

const SMALL = 0.995; // a standard deviation of x̂ below it is seen not to be 1

/**
 * What is special about this batch, in a sentence or two; "" where nothing is.
 * @param {Batch} batch
 * @param {number} weight
 */
export function remark({ variance, rows }, weight) {
  const texts = [];
  const size = rows[0].values.length;
  const std = rows[1].std;
  if (size === 1) {
    texts.push("One sample is its own mean: x̂ is 0 whatever x is. PyTorch refuses to train on it.");
  } else if (variance === 0) {
    texts.push("All are equal, σ² = 0. Without ε this would be 0/0; with it every x̂ is 0.");
  } else if (size === 2 && std > SMALL) {
    texts.push("With two samples x̂ is −1 and 1 wherever they lie: only their order is left.");
  } else if (std < SMALL) {
    texts.push("ε is not small beside σ² here: the standard deviation of x̂ is below 1.");
  }
  if (weight === 0) texts.push("γ = 0: every y is β.");
  return texts.join(" ");
}
