// Accuracy and loss of the networks on one axis of steps.

import { linePath, stroke } from "../../kit/draw.js";
import { set, svg } from "../../kit/elements.js";
import { plot } from "../../kit/plot.js";
import { log } from "../../kit/scales.js";
import { fixed, formatNumber, formatShare } from "../../kit/words.js";
import { axisEnd } from "./history.js";

/** @typedef {import("../../kit/draw.js").Style} Style */
/** @typedef {import("./history.js").History} History */

const AXIS = 46; // pixels on the left
const STEPS = 20; // pixels for the axis of the steps, below the loss
const LOSSES = [-2, 1]; // powers of ten at both ends, at first

/** @param {Style[]} styles */
export function progress(styles) {
  const charts = ["accuracy on the test set", "loss of the batches"].map((title) => {
    const chart = plot({ label: title });
    const lines = styles.map((style) =>
      svg("path", { ...stroke(style), "stroke-width": 2, "stroke-linejoin": "round" }),
    );
    chart.marks.append(...lines);
    return { title, chart, lines };
  });
  const [accuracy, loss] = charts;
  let size = { width: 0, height: 0 };

  return {
    elements: charts.map(({ chart }) => chart.element),
    /** @param {number} width @param {number} height */
    frame(width, height) {
      size = { width, height };
    },
    /** @param {History} history */
    draw({ moments, evaluations, broken }) {
      const { width, height } = size;
      const end = axisEnd(moments[moments.length - 1]?.step ?? 0);
      const above = Math.round((height - STEPS) / 2);
      const x = { domain: [0, end], count: 3 };
      const least = Math.min(...moments.flatMap(({ losses }) => losses.filter((value) => value > 0)));
      const floor = Math.min(LOSSES[0], Math.floor(Math.log10(least)));
      const all = moments.flatMap(({ losses }) => losses.filter(Number.isFinite));
      const ceiling = Math.max(LOSSES[1], Math.ceil(Math.log10(Math.max(1, ...all)))); // it may explode
      accuracy.chart.frame({
        width, height: above, left: AXIS,
        x: { ...x, bare: true },
        y: {
          domain: [0, 1], count: above > 120 ? 5 : 2, title: accuracy.title,
          format: (value) => `${fixed(100 * value)} %`,
        },
      });
      loss.chart.frame({
        width, height: height - above, left: AXIS,
        x: { ...x, title: height > 240 ? "steps" : "" },
        y: {
          domain: [10 ** (Number.isFinite(floor) ? floor : LOSSES[0]), 10 ** ceiling], scale: log,
          count: height - above > 90 ? 3 : 2, title: loss.title, format: (value) => formatNumber(value, 1),
        },
      });
      // An exploded network has none: whether one was measured hangs on the clock.
      trace(accuracy, evaluations, evaluations.map(({ step, accuracies }) =>
        accuracies.map((share, n) => (step < (broken[n] ?? Infinity) - 1 ? share : NaN))));
      trace(loss, moments, moments.map(({ losses }) => losses));
    },
    /** @param {string[]} labels @param {History} history */
    describe(labels, { moments, evaluations }) {
      const [right] = evaluations.slice(-1).map(({ accuracies }) => accuracies.map(formatShare));
      const [lost] = moments.slice(-1).map(({ losses }) => losses.map((value) => formatNumber(value)));
      const say = (/** @type {string[]|undefined} */ texts) =>
        texts ? `: ${labels.map((name, n) => `${name} ${texts[n]}`).join(", ")}` : "";
      accuracy.chart.describe(accuracy.title + say(right));
      loss.chart.describe(loss.title + say(lost));
    },
  };
}

/**
 * @param {{chart: ReturnType<typeof plot>, lines: SVGPathElement[]}} drawing
 * @param {{step: number}[]} entries
 * @param {number[][]} values of all networks, at each entry
 */
function trace({ chart, lines }, entries, values) {
  const xs = entries.map(({ step }) => chart.x(step));
  lines.forEach((line, n) => set(line, { d: linePath(xs, values.map((each) => chart.y(each[n]))) }));
}
