// A recorded run, as recorded.py has encoded it: what is shown before the page trains.

/** @typedef {import("../../kit/blob.js").Arrays} Arrays */
/** @typedef {import("./history.js").Moment} Moment */
/** @typedef {import("./trainer/worker.js").Seen} Seen */

/** @param {Arrays} arrays */
export function readRecorded(arrays) {
  const of = (/** @type {string} */ name) => arrays[`recorded.${name}`];
  const [networks, layers, moments] = of("percentiles").shape;
  const each = (/** @type {number} */ count) => Array.from({ length: count }, (_, i) => i);
  const part = (/** @type {string} */ name, /** @type {number} */ at, /** @type {number} */ size) =>
    Array.from(of(name).subarray(at * size, (at + 1) * size));
  const grid = (/** @type {(n: number, l: number) => any} */ make) =>
    each(networks).map((n) => each(layers).map((l) => make(n, l)));

  const evaluated = Array.from(of("evaluated"));
  const column = (/** @type {string} */ name, /** @type {number} */ i, /** @type {number} */ count) =>
    each(networks).map((n) => of(name)[n * count + i]);
  /** @type {Moment[]} */
  const kept = each(moments).map((m) => ({
    step: of("steps")[m],
    losses: column("losses", m, moments),
    layers: grid((n, l) => ({
      percentiles: part("percentiles", (n * layers + l) * moments + m, 3),
      std: of("std")[n * layers + l],
      idle: of("idle")[n * layers + l],
      gradient: NaN, // was not recorded
    })),
  }));
  const evaluations = evaluated.map((step, e) => ({
    step, accuracies: column("accuracies", e, evaluated.length),
  }));
  const last = kept[moments - 1];
  /** @type {Seen} */
  const report = {
    steps: last.step,
    accuracies: evaluations[evaluations.length - 1].accuracies,
    answers: each(networks).map((n) => Uint8Array.from(part("answers", n, of("answers").shape[1]))),
    reach: Array.from(of("reach")),
    looks: grid((n, l) => {
      const counts = Uint32Array.from(part("counts", n * layers + l, of("counts").shape[2]));
      return { ...last.layers[n][l], counts, beyond: 0 };
    }),
  };
  return { report, history: { moments: kept, evaluations, broken: each(networks).map(() => null) } };
}
