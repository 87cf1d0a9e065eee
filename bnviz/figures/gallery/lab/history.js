// What was seen of a training, in so much memory however long it goes on. No page here: Node can
// run it too.

/** @typedef {import("./trainer/worker.js").Report} Report */

/**
 * What is kept of one layer of one network.
 * @typedef {object} Kept
 * @property {number[]} percentiles
 * @property {number} std
 * @property {number} idle
 * @property {number} gradient
 */

/** @typedef {{step: number, losses: number[], layers: Kept[][]}} Moment of each network, in order */
/** @typedef {{step: number, accuracies: number[]}} Evaluation */

const MOST = 140; // entries of a series: a cell is about as many pixels wide

/**
 * Entries at even distances, and always the newest; when there are too many, every second one goes.
 * @template {{step: number}} T
 */
function makeSeries() {
  let entries = /** @type {T[]} */ ([]);
  let apart = 1; // steps between two of them, at least
  return {
    get entries() {
      return entries;
    },
    /** @param {T} entry */
    add(entry) {
      const before = entries[entries.length - 2];
      if (before && entries[entries.length - 1].step - before.step < apart) entries.pop();
      entries.push(entry);
      if (entries.length <= MOST) return;
      entries = entries.filter((_, i) => i % 2 === 0 || i === entries.length - 1);
      apart = Math.max(2 * apart, entries[1].step - entries[0].step);
    },
  };
}

/** Of one training. */
export function makeHistory() {
  const moments = /** @type {ReturnType<typeof makeSeries<Moment>>} */ (makeSeries());
  const evaluations = /** @type {ReturnType<typeof makeSeries<Evaluation>>} */ (makeSeries());
  let measured = -1;
  /** @type {(number|null)[]} */
  let broken = [];

  return {
    get moments() {
      return moments.entries;
    },
    get evaluations() {
      return evaluations.entries;
    },
    /** For each network the first step whose loss was no number; null where each was one. */
    get broken() {
      return broken;
    },
    /** @param {Report} report */
    add({ steps: step, losses, broken: since, accuracies, measured: at, looks }) {
      if (at > measured) evaluations.add({ step: at, accuracies });
      measured = at;
      if (!losses.length) return;
      broken = since;
      const layers = looks.map((all) =>
        all.map(({ percentiles, std, idle, gradient }) => ({ percentiles, std, idle, gradient })),
      );
      moments.add({ step, losses, layers });
    },
  };
}

/** @typedef {Pick<ReturnType<typeof makeHistory>, "moments"|"evaluations"|"broken">} History */

/**
 * The end of an axis of steps that is calm: it grows seldom, and to round numbers.
 * @param {number} step
 */
export function axisEnd(step) {
  let end = 200;
  for (let k = 0; end < step; k += 1) end *= k % 3 === 1 ? 2.5 : 2; // 200, 400, 1000, 2000, …
  return end;
}

/**
 * All that was kept, as comma-separated values: a line for each moment, network and layer. The
 * loss is the mean over the steps since the one before, the accuracy the last that was measured.
 * @param {History} history
 * @param {string[]} labels of the networks
 */
export function toCsv({ moments, evaluations }, labels) {
  const head = [
    "step", "network", "mean_loss", "test_accuracy", "layer", "percentile_15", "median",
    "percentile_85", "std", "idle", "gradient",
  ];
  const lines = moments.flatMap(({ step, losses, layers }) => {
    const known = evaluations.filter((one) => one.step <= step);
    const accuracies = known[known.length - 1]?.accuracies ?? [];
    return labels.flatMap((label, n) =>
      layers[n].map(({ percentiles, std, idle, gradient }, l) => [
        step, `"${label}"`, losses[n], accuracies[n], l + 1, ...percentiles, std, idle, gradient,
      ].join(",")),
    );
  });
  return `${[head.join(","), ...lines].join("\n")}\n`;
}
