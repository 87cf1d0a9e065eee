// The trainer in a worker. It trains as long as it is asked to, and tells what the page draws.
//
// To it: `{ settings, pixels, labels }` builds networks; `{ steps, milliseconds }` asks for so many
// steps, or as many as fit in the time; `{ lr }` changes the learning rate. From it: a `Report` after
// each building and each asking, and `{ failed }` where nothing could be built.

import { hasSimd, plain, simd } from "./backend.js";
import { digits, spirals } from "./data.js";
import { look } from "./look.js";
import { Training } from "./training.js";

/**
 * @typedef {object} Report
 * @property {number} run which of the networks that were built, counting from 1
 * @property {"simd"|"plain"} backend
 * @property {number} steps updates so far
 * @property {number[]} losses of each network, the mean over the steps since the report before;
 *   none before the first step
 * @property {(number|null)[]} broken for each network the first step whose loss was no number;
 *   null where each was one
 * @property {number[]} accuracies as last measured, for each network
 * @property {Uint8Array[]} answers of each network to the rows of `data.asked`, measured with them
 * @property {number} measured at which step
 * @property {number[]} reach of each hidden layer: its histograms go from -reach to reach
 * @property {import("./look.js").Look[][]} looks for each network its hidden layers; none before
 *   the first step
 * @property {import("./data.js").Examples} [shown] with the first report of networks: `data.shown`
 */

/** @typedef {Pick<Report, "steps"|"accuracies"|"answers"|"reach"|"looks">} Seen what the page draws of it */

const BINS = 64;
const REACH = [4, 64]; // of the histograms, first and at most
const FULL = 0.8; // of its reach may be taken by the middle of a layer's values
const SELDOM = 5; // times as long as a measurement of the accuracy takes, it is left alone

/**
 * What a worker does with its scope.
 * @param {{addEventListener: (event: "message", listener: (event: any) => void) => void,
 *   postMessage: (message: any) => void}} scope
 */
export default (scope) =>
  serve(
    (listener) => scope.addEventListener("message", ({ data }) => listener(data)),
    (report) => scope.postMessage(report),
  );

/**
 * Listen to a page, or to a test in its place.
 * @param {(listener: (message: any) => void) => void} listen
 * @param {(message: Report|{failed: string}) => void} tell
 * @param {() => number} now milliseconds
 */
export function serve(listen, tell, now = () => performance.now()) {
  /** @type {Training|null} */
  let training = null;
  let backend = /** @type {"simd"|"plain"} */ ("plain");
  let run = 0;
  let broken = /** @type {(number|null)[]} */ ([]);
  let accuracies = /** @type {number[]} */ ([]);
  let answers = /** @type {Uint8Array[]} */ ([]);
  let measured = -1;
  let due = -Infinity; // when the accuracy is measured again
  let reach = /** @type {number[]} */ ([]);

  /** @param {Training} of */
  function measure(of) {
    const start = now();
    accuracies = of.evaluate();
    answers = of.answers();
    measured = of.steps;
    due = now() + SELDOM * (now() - start);
  }
  /** @param {any} message */
  function build({ settings, pixels, labels }) {
    const { data, seed } = settings;
    const examples = data === "spirals" ? spirals(seed) : digits(pixels, labels, seed);
    const trial = plain();
    let made = new Training(settings, examples, trial);
    if (hasSimd()) {
      made = new Training(settings, examples, simd(trial.used()));
      backend = "simd";
    }
    run += 1;
    broken = made.networks.map(() => null);
    reach = settings.hidden.map(() => REACH[0]);
    measure(made);
    training = made;
    report(made, [], [], examples.shown);
  }
  /** @param {Training} of what the last batch left in its layers */
  function lookInto(of) {
    const bins = reach.map((high) => ({ low: -high, high, bins: BINS }));
    return of.networks.map((network) => look(network, of.settings.batchSize, bins));
  }
  /**
   * @param {Training} of
   * @param {number[]} losses
   * @param {import("./look.js").Look[][]} looks
   * @param {import("./data.js").Examples} [shown]
   */
  function report(of, losses, looks, shown) {
    tell({
      run, backend, steps: of.steps, losses, broken: [...broken], accuracies, answers, measured, reach,
      looks, shown,
    });
    // The next one reaches farther where the middle of a layer's values was about to leave it.
    reach = reach.map((high, l) => {
      const ends = looks.flatMap((layers) => layers[l].percentiles).map(Math.abs);
      return ends.some((end) => end > FULL * high) ? Math.min(2 * high, REACH[1]) : high;
    });
  }
  /** @param {Training} of @param {number} steps @param {number} milliseconds */
  function train(of, steps, milliseconds) {
    const end = now() + milliseconds;
    const sums = of.networks.map(() => 0);
    let done = 0;
    for (; done < steps && (done === 0 || now() < end); done++) {
      of.step().forEach((loss, i) => {
        sums[i] += loss;
        if (!Number.isFinite(loss)) broken[i] ??= of.steps;
      });
    }
    const looks = lookInto(of); // before the test set passes through the same layers
    if (steps === 1 || now() > due) measure(of);
    report(of, sums.map((sum) => sum / done), looks);
  }
  listen((message) => {
    try {
      if (message.settings) {
        training = null; // what could not be built is not what was there before
        build(message);
      }
      if (!training) return;
      if (message.lr !== undefined) training.lr = message.lr;
      if (message.steps) train(training, message.steps, message.milliseconds);
    } catch (error) {
      tell({ failed: String(error) });
    }
  });
}
