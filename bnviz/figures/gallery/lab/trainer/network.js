// A multilayer perceptron with a normalization, forwards and back: what `bnviz.mlp` builds.

import { ACTIVATIONS } from "./activations.js";
import { NONE } from "./answers.js";
import { makeNoise } from "./noise.js";
import { makeNorm } from "./norms.js";

/** @typedef {import("./backend.js").Real} Real */
/** @typedef {import("./backend.js").Backend} Backend */
/** @typedef {import("./torch_random.js").TorchRandom} TorchRandom */

/**
 * What is learned, and its gradient at the last step.
 * @typedef {{value: Real, grad: Real}} Parameter
 */

/**
 * @typedef {object} Shape
 * @property {number[]} sizes widths from the input to the output
 * @property {string} activation "sigmoid", "tanh" or "relu"
 * @property {string|null} norm "batch", "layer", "group", "rms", or none
 * @property {string} placement the norm stands "before" or "after" the activation
 * @property {number} noise strength of the noise behind the norm; 0 for none
 * @property {boolean} affine whether γ and β are learned
 */

/** One layer: product, then norm and activation in either order; the output has neither. */
class Layer {
  /**
   * @param {number} inputs
   * @param {number} outputs
   * @param {number} rows at most
   * @param {Shape|null} hidden null for the output layer
   * @param {Backend} backend
   * @param {TorchRandom} random of the noise
   */
  constructor(inputs, outputs, rows, hidden, backend, random) {
    const matrix = () => backend.alloc(inputs * outputs);
    const values = () => backend.alloc(rows * outputs);
    this.inputs = inputs;
    this.outputs = outputs;
    this._backend = backend;
    // Weights lie as (inputs, outputs), so that two of the three products need no transposition.
    this.weight = matrix();
    this.gradWeight = matrix();
    this.bias = backend.alloc(outputs);
    this.gradBias = backend.alloc(outputs);
    this._transposed = matrix();
    this.norm = hidden?.norm ? makeNorm(hidden.norm, outputs, rows, backend) : null;
    this.noise = hidden?.norm && hidden.noise ? makeNoise(hidden.noise, outputs, rows, random) : null;
    this.activation = hidden ? ACTIVATIONS[hidden.activation] : null;
    this._after = hidden?.placement === "after";
    this._product = values();
    /** What the activation gets. */
    this.pre = this.norm && !this._after ? values() : this._product;
    /** What it makes of it. */
    this.activated = this.activation ? values() : this._product;
    this._output = this.norm && this._after ? values() : this.activated;
    this._gradInput = backend.alloc(rows * inputs);
    /** @type {Real} */
    this._input = this._gradInput; // the latest, for the way back
    /** @type {Parameter[]} in PyTorch's order */
    this.parameters = [
      { value: this.weight, grad: this.gradWeight },
      { value: this.bias, grad: this.gradBias },
    ];
    if (this.norm && hidden?.affine) {
      const { weight, gradWeight, bias, gradBias } = this.norm;
      this.parameters.push({ value: weight, grad: gradWeight });
      if (bias && gradBias) this.parameters.push({ value: bias, grad: gradBias });
    }
  }

  /** @param {Real} x @param {number} rows @param {boolean} training */
  forward(x, rows, training) {
    const { inputs, outputs, bias, _product: product } = this;
    this._input = x;
    this._backend.product(product, x, this.weight, rows, outputs, inputs, inputs, 1);
    for (let p = 0; p < rows * outputs; ) for (let j = 0; j < outputs; j++, p++) product[p] += bias[j];
    if (!this._after) this._normalize(this.pre, product, rows, training);
    this.activation?.forward(this.activated, this.pre, rows * outputs, this._backend);
    if (this._after) this._normalize(this._output, this.activated, rows, training);
    return this._output;
  }

  /** @param {Real} y @param {Real} x @param {number} rows @param {boolean} training */
  _normalize(y, x, rows, training) {
    this.norm?.forward(y, x, rows, training);
    if (training) this.noise?.forward(y, rows);
  }

  /**
   * @param {Real} grad by the output; is overwritten
   * @param {number} rows
   * @param {boolean} onwards whether the gradient by the input is wanted, too
   */
  backward(grad, rows, onwards) {
    const { inputs, outputs, gradBias, _transposed: transposed, _backend: backend } = this;
    if (this._after) this._normalizeBack(grad, rows);
    this.activation?.backward(grad, this.activated, rows * outputs);
    if (!this._after) this._normalizeBack(grad, rows);
    gradBias.fill(0);
    for (let p = 0; p < rows * outputs; ) for (let j = 0; j < outputs; j++, p++) gradBias[j] += grad[p];
    backend.product(this.gradWeight, this._input, grad, inputs, outputs, rows, 1, inputs);
    if (!onwards) return this._gradInput;
    for (let l = 0, p = 0; l < inputs; l++) {
      for (let j = 0; j < outputs; j++, p++) transposed[j * inputs + l] = this.weight[p];
    }
    backend.product(this._gradInput, grad, transposed, rows, inputs, outputs, outputs, 1);
    return this._gradInput;
  }

  /** @param {Real} grad @param {number} rows */
  _normalizeBack(grad, rows) {
    this.noise?.backward(grad, rows);
    this.norm?.backward(grad, rows);
  }
}

/** A network of such layers, with the cross-entropy of its outputs as the loss. */
export class Network {
  /**
   * @param {Shape} shape
   * @param {number} rows at most
   * @param {Backend} backend
   * @param {TorchRandom} random of the noise
   */
  constructor(shape, rows, backend, random) {
    const { sizes } = shape;
    const last = sizes.length - 2;
    this.layers = sizes.slice(1).map((outputs, i) =>
      new Layer(sizes[i], outputs, rows, i < last ? shape : null, backend, random));
    this.classes = sizes[last + 1];
    this._grad = backend.alloc(rows * this.classes);
    /** All that is learned. */
    this.parameters = this.layers.flatMap((layer) => layer.parameters);
  }

  /** The layers between input and output. */
  get hidden() {
    return this.layers.slice(0, -1);
  }

  /**
   * The outputs (rows, classes) for x (rows, features).
   * @param {Real} x
   * @param {number} rows
   * @param {boolean} training
   */
  forward(x, rows, training) {
    for (const layer of this.layers) x = layer.forward(x, rows, training);
    return x;
  }

  /**
   * The loss of a batch in training mode; its gradients lie in the parameters afterwards.
   * @param {Real} x
   * @param {ArrayLike<number>} y
   * @param {number} rows
   */
  gradients(x, y, rows) {
    const { classes, _grad: grad } = this;
    const logits = this.forward(x, rows, true);
    let loss = 0;
    for (let i = 0, start = 0; i < rows; i++, start += classes) {
      let top = -Infinity;
      for (let j = 0; j < classes; j++) top = Math.max(top, logits[start + j]);
      let sum = 0;
      for (let j = 0; j < classes; j++) sum += Math.exp(logits[start + j] - top);
      loss += Math.log(sum) + top - logits[start + y[i]];
      for (let j = 0; j < classes; j++) {
        grad[start + j] = (Math.exp(logits[start + j] - top) / sum - (j === y[i] ? 1 : 0)) / rows;
      }
    }
    let back = grad;
    for (let i = this.layers.length - 1; i >= 0; i--) back = this.layers[i].backward(back, rows, i > 0);
    return loss / rows;
  }

  /**
   * The class with the greatest output, of each row, in eval mode.
   * @param {Real} x
   * @param {number} rows
   */
  classify(x, rows) {
    const { classes } = this;
    const logits = this.forward(x, rows, false);
    return Uint8Array.from({ length: rows }, (_, i) => {
      const start = i * classes;
      let best = 0;
      for (let j = 0; j < classes; j++) {
        if (Number.isNaN(logits[start + j])) return NONE;
        if (logits[start + j] > logits[start + best]) best = j;
      }
      return best;
    });
  }
}
