// Networks trained side by side in the page: settings in, arrays out; no page needed.
//
//     const training = new Training(settings, data);       // data of ./data.js
//     const losses = training.step();                       // one number a network
//     const accuracies = training.evaluate();               // on the test set, in eval mode
//     const answers = training.answers();                   // to data.asked, in eval mode
//     training.networks[0].hidden[2].pre                    // what the last batch brought
//
// The same seed gives the weights, batches and noise that `bnviz.train` has with it: the same run,
// to the precision of the arithmetic. Where a setting is chaotic, that ends after some steps.

import { plain } from "./backend.js";
import { Network } from "./network.js";
import { TorchRandom } from "./torch_random.js";

/** @typedef {import("./backend.js").Backend} Backend */
/** @typedef {import("./backend.js").Real} Real */
/** @typedef {import("./data.js").Data} Data */

/**
 * @typedef {object} Contestant one of the networks
 * @property {string|null} norm "batch", "layer", "group", "rms", or none
 * @property {string} [placement] "before" the activation, or "after" it
 * @property {number} [noise] strength of the noise behind the norm
 * @property {boolean} [affine] whether the norm learns γ and β; else they stay at 1 and 0
 */

/**
 * @typedef {object} Settings
 * @property {Contestant[]} networks
 * @property {number} seed of weights and batches
 * @property {number[]} hidden widths of the hidden layers
 * @property {string} activation "sigmoid", "tanh" or "relu"
 * @property {number|"kaiming"|"xavier"|null} init standard deviation of the initial weights, or a
 *   rule for it; null for PyTorch's default
 * @property {number} lr
 * @property {number} [momentum]
 * @property {number} [weightDecay]
 * @property {number} batchSize
 */

const EVALUATED = 100; // rows at a time

export class Training {
  /**
   * @param {Settings} settings
   * @param {Data} data
   * @param {Backend} [backend]
   */
  constructor(settings, data, backend = plain()) {
    const { seed, batchSize } = settings;
    const sizes = [data.features, ...settings.hidden, data.classes];
    const rows = Math.max(batchSize, EVALUATED);
    this.settings = settings;
    /** Learning rate; it may be changed while the training goes on. */
    this.lr = settings.lr;
    /** Updates made. */
    this.steps = 0;
    this._data = data;
    this._train = own(data.train.x, backend);
    this._test = own(data.test.x, backend);
    this._asked = own(data.asked, backend);
    this._x = backend.alloc(batchSize * data.features);
    this._y = new Uint8Array(batchSize);
    this._order = new Uint32Array(0);
    this._next = 0;
    this._random = new TorchRandom(seed);
    this.networks = settings.networks.map(({ norm, placement = "before", noise = 0, affine = true }) => {
      const shape = { sizes, activation: settings.activation, norm, placement, noise, affine };
      const network = new Network(shape, rows, backend, new TorchRandom(seed));
      drawWeights(network, settings.init, new TorchRandom(seed));
      return network;
    });
    this._velocities = this.networks.map(({ parameters }) =>
      parameters.map(({ value }) => (settings.momentum ? backend.alloc(value.length) : null)),
    );
  }

  /** One update of each network on the next batch; gives the losses before it. */
  step() {
    this._nextBatch();
    this.steps += 1;
    return this.networks.map((network, i) => {
      const loss = network.gradients(this._x, this._y, this._y.length);
      this._update(network.parameters, this._velocities[i]);
      return loss;
    });
  }

  /** The share of the test set that each network gets right, in eval mode. */
  evaluate() {
    const { y } = this._data.test;
    return this._classify(this._test).map((classes) =>
      y.filter((right, i) => right === classes[i]).length / y.length);
  }

  /** The class that each network gives to each row of `data.asked`, in eval mode. */
  answers() {
    return this._classify(this._asked);
  }

  /** @param {Real} x rows @returns {Uint8Array[]} */
  _classify(x) {
    const { features } = this._data;
    const rows = x.length / features;
    return this.networks.map((network) => {
      const classes = new Uint8Array(rows);
      for (let start = 0; start < rows; start += EVALUATED) {
        const end = Math.min(start + EVALUATED, rows);
        classes.set(network.classify(x.subarray(start * features, end * features), end - start), start);
      }
      return classes;
    });
  }

  _nextBatch() {
    const { features, train } = this._data;
    const size = this._y.length;
    if (this._next + size > this._order.length) {
      this._order = this._random.permutation(train.y.length);
      this._next = 0;
    }
    for (let i = 0; i < size; i++) {
      const row = this._order[this._next + i];
      this._x.set(this._train.subarray(row * features, (row + 1) * features), i * features);
      this._y[i] = train.y[row];
    }
    this._next += size;
  }

  /**
   * SGD, as `torch.optim.SGD`.
   * @param {import("./network.js").Parameter[]} parameters
   * @param {(Real|null)[]} velocities
   */
  _update(parameters, velocities) {
    const { lr } = this;
    const { momentum = 0, weightDecay = 0 } = this.settings;
    parameters.forEach(({ value, grad }, n) => {
      const velocity = velocities[n];
      for (let i = 0; i < value.length; i++) {
        let change = grad[i] + weightDecay * value[i];
        if (velocity) change = velocity[i] = momentum * velocity[i] + change;
        value[i] -= lr * change;
      }
    });
  }
}

/** @param {number[]} values @param {Backend} backend */
function own(values, backend) {
  const array = backend.alloc(values.length);
  array.set(values);
  return array;
}

/**
 * As `bnviz.mlp(…, init=init, seed=seed)`: each layer draws PyTorch's default first, in any case.
 * @param {Network} network
 * @param {number|"kaiming"|"xavier"|null} init
 * @param {TorchRandom} random
 */
function drawWeights(network, init, random) {
  for (const layer of network.layers) {
    const bound = 1 / Math.sqrt(layer.inputs);
    setWeights(layer, random.uniforms(layer.weight.length, bound));
    layer.bias.set(random.uniforms(layer.outputs, bound));
  }
  if (init === null) return;
  for (const layer of network.layers) {
    const { inputs, outputs } = layer;
    const rules = { kaiming: Math.sqrt(2 / inputs), xavier: Math.sqrt(2 / (inputs + outputs)) };
    const std = typeof init === "number" ? init : rules[init];
    setWeights(layer, random.normals(layer.weight.length, std));
    layer.bias.fill(0);
  }
}

/**
 * PyTorch draws weights as (outputs, inputs).
 * @param {{weight: Real, inputs: number, outputs: number}} layer
 * @param {ArrayLike<number>} drawn
 */
function setWeights({ weight, inputs, outputs }, drawn) {
  for (let j = 0, p = 0; j < outputs; j++) {
    for (let l = 0; l < inputs; l++, p++) weight[l * outputs + j] = drawn[p];
  }
}
