// A standard normal x̂ becomes γ x̂ + β and goes through an activation: the exact numbers, as in
// activations.py. No page here: Node can run it too.

import { fixed } from "../../kit/words.js";

/** @typedef {"sigmoid"|"tanh"|"relu"} Activation */
/** @typedef {{activation: Activation, weight: number, bias: number}} State */

/** @type {Record<Activation, (y: number) => number>} */
export const apply = {
  sigmoid: (y) => 1 / (1 + Math.exp(-y)),
  tanh: Math.tanh,
  relu: (y) => Math.max(y, 0),
};

/**
 * @typedef {object} Measures
 * @property {number} straight share of the output's variance that a straight line explains; NaN
 *   where the output does not vary
 * @property {number} slope of that line over γ x̂ + β
 * @property {number} intercept
 * @property {number} lost share of the values where the activation is flat, or cuts to 0
 */

/**
 * Everything that the figure says in numbers.
 * @param {State} state
 * @param {Object<string, number>} flat from where on an activation is flat
 * @returns {Measures}
 */
export function measure({ activation, weight, bias }, flat) {
  const [mean, variance, covariance] = moments(activation, weight, bias);
  const slope = weight ? covariance / weight : NaN;
  const edge = flat[activation];
  return {
    straight: variance > 0 ? Math.min(1, covariance ** 2 / variance) : NaN,
    slope,
    intercept: mean - slope * bias,
    lost: edge
      ? shareBelow(-edge, weight, bias) + shareBelow(-edge, weight, -bias)
      : 1 - shareBelow(0, weight, -bias),
  };
}

/**
 * Mean and variance of f(γ x̂ + β), and its covariance with x̂.
 * @param {Activation} activation
 * @param {number} weight
 * @param {number} bias
 * @returns {[number, number, number]}
 */
export function moments(activation, weight, bias) {
  if (activation === "tanh") {
    const [mean, variance, covariance] = moments("sigmoid", 2 * weight, 2 * bias);
    return [2 * mean - 1, 4 * variance, 2 * covariance];
  }
  if (weight === 0) return [apply[activation](bias), 0, 0];
  if (activation === "relu") return reluMoments(weight, bias);
  if (bias > 0) {
    const [mean, variance, covariance] = moments("sigmoid", -weight, -bias);
    return [1 - mean, variance, -covariance];
  }
  const step = Math.max(Math.min(0.1, 0.4 / Math.abs(weight)), 1e-4);
  const last = Math.round(10 / step);
  /** @type {number[]} */
  const shares = [];
  /** @type {number[]} */
  const values = [];
  let mean = 0;
  for (let i = -last; i <= last; i += 1) {
    const z = i * step;
    const share = density(z) * step;
    const value = apply.sigmoid(weight * z + bias);
    shares.push(share);
    values.push(value);
    mean += share * value;
  }
  let variance = 0;
  let covariance = 0;
  values.forEach((value, i) => {
    variance += shares[i] * (value - mean) ** 2;
    covariance += shares[i] * (value - mean) * (i - last) * step;
  });
  return [mean, variance, covariance];
}

/**
 * @param {number} weight
 * @param {number} bias
 * @returns {[number, number, number]}
 */
function reluMoments(weight, bias) {
  const size = Math.abs(weight);
  const t = bias / size;
  const [passed, cut, d] = [shareBelow(0, 1, -t), shareBelow(0, 1, t), density(t)];
  const variance = passed * (1 + t * t * cut) + t * d * (cut - passed) - d * d;
  return [size * (d + t * passed), size * size * variance, weight * passed];
}

/**
 * Of the standard normal distribution.
 * @param {number} z
 */
export function density(z) {
  return Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
}

/**
 * P(γ x̂ + β < edge), for a standard normal x̂.
 * @param {number} edge
 * @param {number} weight
 * @param {number} bias
 */
export function shareBelow(edge, weight, bias) {
  if (weight === 0) return bias < edge ? 1 : 0;
  const x = (edge - bias) / Math.abs(weight);
  return x > 0 ? 1 - tail(x) : tail(-x);
}

/**
 * P(x̂ > x) for x ≥ 0: a power series (Marsaglia 2004), and a continued fraction far out.
 * @param {number} x
 */
function tail(x) {
  if (x > 3) {
    let fraction = x;
    for (let k = 50; k > 0; k -= 1) fraction = x + k / fraction;
    return x === Infinity ? 0 : density(x) / fraction;
  }
  let term = x;
  let sum = x;
  for (let i = 3; Math.abs(term) > 1e-17 * sum; i += 2) {
    term *= (x * x) / i;
    sum += term;
  }
  return 0.5 - sum * density(x);
}

/**
 * The outputs between 0 and 1, −1 and 1, or above 0: shares of equally wide bins.
 * @param {State} state
 * @param {number[]} edges of the bins, ascending
 */
export function outputShares({ activation, weight, bias }, edges) {
  const under = edges.map((edge) => shareBelow(inverse[activation](edge), weight, bias));
  return under.slice(1).map((share, b) => share - under[b]);
}

/** @type {Record<Activation, (output: number) => number>} */
const inverse = {
  sigmoid: (a) => Math.log(a / (1 - a)),
  tanh: Math.atanh,
  relu: (a) => a,
};

/**
 * A share in words: never rounds something to nothing, or most to all.
 * @param {number} share
 */
export function percent(share) {
  if (share > 0 && share < 0.0005) return "under 0.1 %";
  if (share < 1 && share >= 0.9995) return "over 99.9 %";
  return `${fixed(100 * share, 1)} %`;
}
