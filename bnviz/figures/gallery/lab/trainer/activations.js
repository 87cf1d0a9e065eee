// The activations of the lab, forwards and back; the slope of each can be told from its output.

/** @typedef {import("./backend.js").Real} Real */
/** @typedef {import("./backend.js").Backend} Backend */

/**
 * @typedef {object} Activation
 * @property {(y: Real, x: Real, count: number, backend: Backend) => void} forward y = f(x)
 * @property {(grad: Real, y: Real, count: number) => void} backward grad by y becomes grad by x
 * @property {(y: Real, count: number) => number} idle the share that hands on next to nothing:
 *   slopes below a twentieth of the greatest, or a ReLU's zeros
 */

const FLAT = 0.05;

/** @type {Object<string, Activation>} */
export const ACTIVATIONS = {
  sigmoid: {
    forward: (y, x, count, backend) => backend.sigmoid(y, x, count),
    backward(grad, y, count) {
      for (let i = 0; i < count; i++) grad[i] *= y[i] * (1 - y[i]);
    },
    idle: (y, count) => share(y, count, (value) => 4 * value * (1 - value) < FLAT),
  },
  tanh: {
    forward(y, x, count) {
      for (let i = 0; i < count; i++) y[i] = Math.tanh(x[i]);
    },
    backward(grad, y, count) {
      for (let i = 0; i < count; i++) grad[i] *= 1 - y[i] * y[i];
    },
    idle: (y, count) => share(y, count, (value) => 1 - value * value < FLAT),
  },
  relu: {
    // What is not a number stays so, as in PyTorch.
    forward(y, x, count) {
      for (let i = 0; i < count; i++) y[i] = x[i] < 0 ? 0 : x[i];
    },
    backward(grad, y, count) {
      for (let i = 0; i < count; i++) if (y[i] <= 0) grad[i] = 0;
    },
    idle: (y, count) => share(y, count, (value) => value <= 0),
  },
};

/** @param {Real} y @param {number} count @param {(value: number) => boolean} test */
function share(y, count, test) {
  let found = 0;
  for (let i = 0; i < count; i++) if (test(y[i])) found += 1;
  return found / count;
}
