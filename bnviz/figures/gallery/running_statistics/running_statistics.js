// A unit's batch statistics, their running average at a momentum that the reader chooses, and the
// truth: what all training images would give.

import { side } from "../../kit/axes.js";
import { causeControls, controlBar, slider } from "../../kit/controls.js";
import { bandPath, key, linePath, round, stroke, swatch } from "../../kit/draw.js";
import { html, set, svg, write } from "../../kit/elements.js";
import { figure } from "../../kit/life.js";
import { pickFrom, plot } from "../../kit/plot.js";
import { fixed, tidy } from "../../kit/words.js";
import { averageSoFar, memory, momentumAt, positionOf, runningAverage } from "./average.js";

/** @typedef {import("../../kit/draw.js").Style} Style */

const EPS = 1e-5;
// A batch's dot is as strong and as large as its weight in the average, relative to the newest one.
const WEIGHTS = [0.75, 0.5, 0.25, 0.1, 0];
const LOOKS = [[0.95, 8], [0.75, 7], [0.55, 6], [0.5, 5], [0.35, 4]]; // opacity and pixels

export default figure("running_statistics", ({ spec, arrays, stage, redraw }) => {
  let cell = spec.start.cell;
  let momentum = spec.momentum;
  const count = arrays["0.batch"].length;
  const unit = spec.step.split(" ").pop(); // "step" of "training step"
  let step = Math.round(Math.min(Math.max(spec.start.at ?? count, 1), count));

  const chart = plot({ label: spec.alts[0] });
  pickFrom(chart, (x) => {
    step = Math.min(Math.max(Math.round(x), 1), count);
    when.value = step;
    redraw();
  });
  const gap = svg("path", { class: "bnviz-running-gap" });
  const dots = LOOKS.map(([opacity, size]) =>
    svg("path", { class: "bnviz-running-dots", "stroke-opacity": opacity, "stroke-width": size }),
  );
  /** @type {SVGPathElement[]} */
  const lines = spec.styles.map((/** @type {Style} */ style) =>
    svg("path", { ...stroke(style), "stroke-width": 2.4, "stroke-linejoin": "round" }),
  );
  chart.marks.append(gap, ...[...dots].reverse(), ...[...lines].reverse());

  const causes = causeControls(spec.causes, cell, (next) => {
    cell = next;
    redraw();
  });
  const share = slider({
    label: "momentum", min: 0, max: 60, value: positionOf(momentum), room: 6,
    text: () => tidy(momentum),
    oninput(position) {
      momentum = momentumAt(position);
      redraw();
    },
  });
  const when = slider({
    label: spec.step, short: unit, min: 1, max: count, value: step,
    oninput(value) {
      step = value;
      redraw();
    },
  });
  const dotKey = svg(
    "svg", { width: 26, height: 14, "aria-hidden": "true" },
    svg("path", { class: "bnviz-running-dots", "stroke-width": 8, d: "M19 7h0" }),
    svg("path", { class: "bnviz-running-dots", "stroke-width": 5, "stroke-opacity": 0.4, d: "M6 7h0" }),
  );
  const names = spec.styles.map(() => html("span"));
  const reading = html("p", { class: "bnviz-running-reading", "aria-live": "polite" });
  const room = html("div", { class: "bnviz-room" }, chart.element);
  stage.append(
    controlBar(...causes),
    controlBar(share.element, when.element),
    html(
      "div", { class: "bnviz-legend" },
      key(dotKey, "a mini-batch; larger: more weight"),
      ...spec.styles.map((/** @type {Style} */ style, /** @type {number} */ i) =>
        key(swatch(style), names[i])),
    ),
    room,
    reading,
  );

  return {
    draw({ width }) {
      const which = cell % 2; // mean or variance
      const name = spec.causes[1].values[which];
      const batch = arrays[`${cell}.batch`];
      const truth = arrays[`${cell}.truth`];
      const running = runningAverage(batch, momentum, spec.begin[which]);
      chart.frame({
        width, height: room.clientHeight, y: side(spec.y[which]),
        x: { domain: [0, count], title: spec.step, count: width > 500 ? 6 : 4 },
      });
      chart.cursor(step);
      const xs = Array.from({ length: count + 1 }, (_, t) => chart.x(t));
      const later = xs.slice(1);
      const ys = running.map(chart.y);
      const truths = Array.from(truth, chart.y);
      set(gap, { d: bandPath(later, ys.slice(1), truths) });
      const drawn = [linePath(xs, ys), linePath(later, truths)];
      if (spec.plain) drawn.splice(1, 0, linePath(later, averageSoFar(batch).map(chart.y)));
      lines.forEach((line, i) => set(line, { d: drawn[i] }));
      spec.styles.forEach((/** @type {Style} */ style, /** @type {number} */ i) =>
        write(names[i], style.label.replace("{}", name)));
      const paths = WEIGHTS.map(() => "");
      for (let t = 1; t <= count; t += 1) {
        const weight = t > step ? 0 : (1 - momentum) ** (step - t);
        const look = WEIGHTS.findIndex((least) => weight >= least);
        paths[look] += `M${round(xs[t])} ${round(chart.y(batch[t - 1]))}h0`;
      }
      dots.forEach((path, i) => set(path, { d: paths[i] }));
      const words = read(which, running[step], truth[step - 1], arrays[`${cell | 1}.truth`][step - 1]);
      write(reading, words);
      chart.describe(`${spec.causes[0].name} ${spec.causes[0].values[cell >> 1]}. ${words}`);
    },
  };

  /**
   * What the running average is worth at the chosen step, in words.
   * @param {number} which 0 for the mean, 1 for the variance
   * @param {number} running
   * @param {number} truth
   * @param {number} variance of all images
   */
  function read(which, running, truth, variance) {
    const name = spec.causes[1].values[which];
    const left = (1 - momentum) ** step;
    const effect = which
      ? `x̂ in eval mode has a standard deviation of ${tidy(Math.sqrt(truth / (running + EPS)))}.`
      : `It is off by ${tidy(Math.abs(running - truth) / Math.sqrt(variance), 2)} standard deviations.`;
    const weight = left > 0.1
      ? `${fixed(100 * left)} % of its weight is still on its start, ${spec.begin[which]}.`
      : memory(momentum) === 1
        ? "Its whole weight is on the latest batch."
        : `90 % of its weight is on the latest ${memory(momentum)} batches.`;
    return `Momentum ${tidy(momentum)}, ${unit} ${step}: running ${name} ${tidy(running)}, ` +
      `all images ${tidy(truth)}. ${effect} ${weight}`;
  }
});
