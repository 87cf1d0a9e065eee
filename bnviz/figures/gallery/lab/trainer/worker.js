// The trainer in a worker. It trains as long as it is asked to, and tells what the page draws.
//
// To it: `{ settings, pixels, labels, plain }` builds networks; `{ steps, milliseconds }` asks for
// so many steps, or as many as fit in the time; `{ lr }` changes the learning rate. From it: a
// `Report` after each asking, and `{ failed }` where nothing could be built.

import { hasSimd, plain, simd } from "./backend.js";
import { digits, spirals } from "./data.js";
import { look } from "./look.js";
import { Training } from "./training.js";

/**
 * @typedef {object} Report
 * @property {number} run which of the networks that were built, counting from 1
 * @property {string} backend
 * @property {number} steps updates so far
 * @property {number[]} losses of the last batch, for each network
 * @property {number[]} accuracies as last measured, for each network
 * @property {number} measured at which step
 * @property {import("./look.js").Look[][]} looks for each network its hidden layers
 */

const BINS = { low: -4, high: 4, bins: 96 };
const PAUSE = 120; // milliseconds between measurements of the accuracy, at least

/**
 * Listen to a page, or to a test in its place.
 * @param {(listener: (message: any) => void) => void} listen
 * @param {(message: Report|{failed: string}) => void} tell
 * @param {() => number} now milliseconds
 */
export function serve(listen, tell, now = () => performance.now()) {
  /** @type {Training|null} */
  let training = null;
  let backend = "";
  let run = 0;
  let accuracies = /** @type {number[]} */ ([]);
  let measured = -1;
  let last = -Infinity;

  function measure() {
    if (!training) return;
    accuracies = training.evaluate();
    measured = training.steps;
    last = now();
  }
  function build(/** @type {any} */ { settings, pixels, labels, only }) {
    const { data, seed } = settings;
    const examples = data === "spirals" ? spirals(seed) : digits(pixels, labels, seed);
    const trial = plain();
    training = new Training(settings, examples, trial);
    backend = "plain";
    if (only !== "plain" && hasSimd()) {
      training = new Training(settings, examples, simd(trial.used()));
      backend = "simd";
    }
    run += 1;
    measure();
  }
  function train(/** @type {number} */ steps, /** @type {number} */ milliseconds) {
    if (!training) return;
    const end = now() + milliseconds;
    let losses = /** @type {number[]} */ ([]);
    for (let done = 0; done < steps && (done === 0 || now() < end); done++) losses = training.step();
    if (steps === 1 || now() - last > PAUSE) measure();
    const looks = training.networks.map((network) =>
      look(network, training ? training.settings.batchSize : 0, BINS),
    );
    tell({ run, backend, steps: training.steps, losses, accuracies, measured, looks });
  }
  listen((message) => {
    try {
      if (message.settings) build(message);
      if (message.lr !== undefined && training) training.lr = message.lr;
      if (message.steps) train(message.steps, message.milliseconds);
    } catch (error) {
      tell({ failed: String(error) });
    }
  });
}
