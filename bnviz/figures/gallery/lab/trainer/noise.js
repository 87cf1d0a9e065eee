// Noise behind a norm: each unit of a batch shifted and stretched, each number jittered, anew at
// every step of training. Source: after Santurkar et al. 2018, section 2.1; the same draws as
// `bnviz.experiments.why_it_works.NoisyBatchNorm`.

/** @typedef {import("./backend.js").Real} Real */

const JITTER = 0.1;

/**
 * @param {number} strength 0 for none; 1 shifts a unit by up to 0.5 and stretches it by up to 1.25
 * @param {number} width units
 * @param {number} rows at most
 * @param {import("./torch_random.js").TorchRandom} random
 */
export function makeNoise(strength, width, rows, random) {
  const draw = (/** @type {number} */ size) => size * (2 * random.uniform() - 1);
  const shift = new Float64Array(width);
  const stretch = new Float64Array(width);
  const factor = new Float64Array(rows * width);
  return {
    /** @param {Real} y is moved in place @param {number} rows */
    forward(y, rows) {
      for (let j = 0; j < width; j++) shift[j] = draw(0.5 * strength);
      for (let j = 0; j < width; j++) stretch[j] = 1 + 0.125 * strength + draw(0.125 * strength);
      const count = rows * width;
      for (let p = 0; p < count; p++) factor[p] = stretch[p % width] + draw(JITTER);
      for (let p = 0; p < count; p++) y[p] = factor[p] * y[p] + shift[p % width] + draw(JITTER);
    },
    /** @param {Real} grad by what came out becomes grad by what came in @param {number} rows */
    backward(grad, rows) {
      for (let p = 0; p < rows * width; p++) grad[p] *= factor[p];
    },
  };
}
