// The whole training: percentiles of the chosen layer, the accuracy on the same axis, and one
// upright line through both that can be dragged.

import { label, linePath, round, stroke } from "../../kit/draw.js";
import { html, set, svg, write } from "../../kit/elements.js";
import { pickFrom, plot } from "../../kit/plot.js";
import { fixed } from "../../kit/words.js";
import { percentiles } from "./layer.js";

/** @typedef {import("../../kit/draw.js").Style} Style */
/** @typedef {{steps: number[], values: number[]}} Accuracy */

const FLAG = 24; // room above the plots, for the number of the step
const NUMBERS = 22; // room below them, for the axis of time
const NAME = 18; // and for its name, where there is much
const PLENTY = 260; // pixels of height
const ACCURACY = 0.4; // of the height goes to the accuracy
const LETTER = 6.4; // pixels

/**
 * @param {object} options
 * @param {Style[]} options.styles
 * @param {boolean} options.accurate whether there is an accuracy to show
 * @param {(time: number) => void} options.onpick
 */
export function timeline({ styles, accurate, onpick }) {
  const layer = percentiles(styles, { onpick });
  const accuracy = accurate ? accuracyPlot(styles, onpick) : null;
  const flag = html("span", { class: "bnviz-flag", "aria-hidden": "true" });
  const head = html("div", { class: "bnviz-playhead", "aria-hidden": "true" });
  const element = html(
    "div",
    { class: "bnviz-timeline" },
    html("div", { class: "bnviz-flags" }, flag),
    layer.element,
    accuracy?.element,
    head,
  );

  return {
    element,
    /**
     * @param {Parameters<typeof layer.frame>[0] & {panel: {alt: string}}} data
     * @param {Accuracy[]} accuracies
     * @param {{width: number, height: number, left: number, right: number}} size
     */
    frame(data, accuracies, { width, height, left, right }) {
      const named = height > PLENTY;
      const axis = NUMBERS + (named ? NAME : 0);
      const room = height - FLAG - axis;
      const below = accuracy ? Math.round(ACCURACY * room) + axis : 0;
      const above = height - FLAG - below;
      layer.describe(data.panel.alt);
      layer.frame(data, { width, height: above, left, right, bare: below > 0, named });
      accuracy?.frame(accuracies, data.ends, { width, height: below, left, right, named });
      set(head, { style: `top:${FLAG}px;height:${height - FLAG - axis}px` });
    },
    /**
     * @param {number} time
     * @param {string} text what the flag says
     */
    cursor(time, text) {
      const { range } = layer.x;
      const at = round(layer.x(time));
      const half = (text.length * LETTER) / 2 + 8;
      const middle = Math.min(Math.max(at, range[0] + half - 8), range[1] - half + 8);
      head.style.transform = `translateX(${at}px)`;
      flag.style.transform = `translateX(${round(middle)}px) translateX(-50%)`;
      write(flag, text);
    },
  };
}

/**
 * @param {Style[]} styles
 * @param {(time: number) => void} onpick
 */
function accuracyPlot(styles, onpick) {
  const chart = plot({ label: "" });
  pickFrom(chart, onpick);
  const lines = styles.map((style) =>
    svg("path", { ...stroke(style), "stroke-width": 2.2, "stroke-linejoin": "round" }),
  );
  chart.marks.append(...lines);
  const name = label("test accuracy", { class: "bnviz-halo", "text-anchor": "end" });
  chart.over.append(name);
  return {
    element: chart.element,
    /**
     * @param {Accuracy[]} accuracies
     * @param {number[]} ends
     * @param {{width: number, height: number, left: number, right: number, named: boolean}} size
     */
    frame(accuracies, ends, { width, height, left, right, named }) {
      chart.frame({
        width, height, left, right,
        x: { domain: ends, count: width > 420 ? 7 : 4, title: named ? "training step" : "" },
        y: { domain: [0, 1.02], ticks: [0, 0.5, 1], format: (v) => `${100 * v} %` },
      });
      lines.forEach((line, s) => {
        const { steps, values } = accuracies[s];
        set(line, { d: linePath(steps.map(chart.x), values.map(chart.y)) });
      });
      set(name, { x: chart.x.range[1] - 6, y: chart.y.range[0] - 6 });
      const finals = accuracies.map(({ values }, s) =>
        values.length ? `${styles[s].label} ${fixed(100 * values[values.length - 1])} %` : "",
      );
      chart.describe(`Test accuracy at last: ${finals.filter(Boolean).join(", ")}.`);
    },
  };
}
