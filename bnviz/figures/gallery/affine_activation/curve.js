// The activation, the bell of its inputs below it, and the distribution of its outputs beside it.
// All axes stay; only shapes move. The bell can be taken hold of: β moves it, γ makes it wide.

import { axis, label, linePath, resize, round, rule, stroke, surface, tint } from "../../kit/draw.js";
import { set, svg, write } from "../../kit/elements.js";
import { dragging } from "../../kit/plot.js";
import { linear } from "../../kit/scales.js";
import { tidy } from "../../kit/words.js";
import { apply, density, outputShares, percent, shareBelow } from "./normal.js";

/** @typedef {import("./normal.js").State} State */
/** @typedef {import("./normal.js").Activation} Activation */

const REACH = 8; // the inputs shown: −8 to 8
const LEFT = 34;
const TOP = 24;
const FOOT = 38; // for numbers and name of the inputs' axis
const GAP = 10;
const BINS = 60;
const VALUES = { key: "with" }; // values behind a batch norm
const LINE = { key: "b", dash: "6 4" };
const FOLLOWED = [-1, 0, 1]; // the x̂ whose way is drawn
const MOST = 2; // the thick part of the curve: |x̂| up to it, 95 % of the values

/** @type {Record<Activation, {ends: number[], bins: number[], ticks: number[]}>} */
const OUTPUTS = {
  sigmoid: { ends: [-0.06, 1.06], bins: [0, 1], ticks: [0, 0.5, 1] },
  tanh: { ends: [-1.12, 1.12], bins: [-1, 1], ticks: [-1, 0, 1] },
  relu: { ends: [-0.5, REACH], bins: [0, REACH], ticks: [0, 2, 4, 6, 8] },
};
const INPUTS = steps(-REACH, REACH, 160);

/**
 * @param {{flat: Object<string, number>, alt: string}} spec
 * @param {(name: "weight"|"bias", value: number) => void} onmove the reader drags the bell
 */
export function makeCurve(spec, onmove) {
  const zones = [0, 1].map(() => svg("rect", { class: "bnviz-affine-flat" }));
  const words = [0, 1].map(() => label("", { "text-anchor": "middle", class: "bnviz-title" }));
  const [inputAxis, outputAxis, edges] = [svg("g"), svg("g"), svg("g")];
  const whole = svg("path", { class: "bnviz-affine-whole" });
  const used = svg("path", { class: "bnviz-affine-used", stroke: `var(--bnviz-${VALUES.key})` });
  const line = svg("path", { "stroke-width": 2, ...stroke(LINE) });
  const bell = svg("path", tint(VALUES, 0.45));
  const outputs = svg("path", tint(VALUES, 0.45));
  const cut = svg("rect", { fill: `var(--bnviz-${VALUES.key})` });
  const ways = FOLLOWED.map(() => svg("path", { class: "bnviz-affine-way" }));
  const dots = FOLLOWED.map(() => svg("circle", { class: "bnviz-affine-dot", r: 3.5 }));
  const far = ["start", "end"].map((side) => label("", { "text-anchor": side, class: "bnviz-title" }));
  const names = [label("inputs", { class: "bnviz-title" }), label("outputs", { class: "bnviz-title" })];
  const grips = { bias: makeGrip("β"), weight: makeGrip("γ") };
  const hint = label("drag", { class: "bnviz-strong", x: 24, y: 4 });
  grips.weight.prepend(hint);
  const element = surface(
    spec.alt,
    ...zones, inputAxis, outputAxis, edges, bell, outputs, cut, whole, line, used, ...ways, ...dots,
    ...words, ...far, ...names, grips.bias, grips.weight,
  );

  let [width, high, floor, right] = [0, 0, 0, 0];
  let x = linear([-REACH, REACH], [0, 1]);
  let y = x;
  let across = x; // the outputs' shares
  let up = x; // the inputs' density
  /** @type {Activation|""} */
  let framed = "";
  /** @type {number[]} */
  let bins = [];
  /** @type {State} */
  let now = { activation: "sigmoid", weight: 1, bias: 0 };

  for (const name of /** @type {("weight"|"bias")[]} */ (["weight", "bias"])) {
    let [from, value] = [0, 0];
    dragging(grips[name], {
      start(event) {
        [from, value] = [event.clientX, name === "bias" ? now.bias : now.bias + now.weight];
      },
      move(event) {
        if (event.clientX === from) return;
        const at = x.invert(x(value) + event.clientX - from);
        write(hint, "");
        onmove(name, name === "bias" ? at : at - now.bias);
        [from, value] = [event.clientX, at];
      },
    });
  }

  /** @param {Activation} activation */
  function frameOutputs(activation) {
    framed = activation;
    const { ends, bins: [low, top], ticks } = OUTPUTS[activation];
    y = linear(ends, [TOP + high, TOP]);
    bins = steps(low, top, BINS);
    axis(outputAxis, y, {
      side: "left", at: LEFT, ticks, format: (v) => tidy(v), grid: right - LEFT,
      title: `output of the ${nameOf(activation)}`,
    });
    axis(inputAxis, x, {
      at: floor, ticks: steps(-REACH, REACH, width > 400 ? 8 : 4), grid: floor - TOP,
      title: `input of the ${nameOf(activation)}: γ x̂ + β`,
    });
    set(whole, { d: linePath(INPUTS.map(x), INPUTS.map((v) => y(apply[activation](v)))) });
    const edge = spec.flat[activation];
    const spans = edge ? [[-REACH, -edge], [edge, REACH]] : [[-REACH, 0], [0, 0]];
    spans.forEach(([start, end], i) => {
      set(zones[i], { x: x(start), width: x(end) - x(start), y: TOP, height: floor - TOP });
      set(words[i], { x: (x(start) + x(end)) / 2, y: TOP + 0.45 * high });
      write(words[i], end > start ? (edge ? "flat" : "cut to 0") : "");
    });
  }

  return {
    element,
    /**
     * @param {number} wide
     * @param {number} tall
     */
    frame(wide, tall) {
      width = wide;
      const side = Math.max(52, Math.min(110, Math.round(0.2 * width)));
      right = width - side - GAP;
      floor = tall - FOOT;
      high = Math.round(0.66 * (floor - TOP - GAP));
      x = linear([-REACH, REACH], [LEFT, right]);
      up = linear([0, 1], [floor, TOP + high + GAP + 8]);
      across = linear([0, 1], [right + GAP, width - 2]);
      resize(element, width, tall);
      edges.replaceChildren(
        rule("bnviz-axis", [LEFT, TOP + high, right, TOP + high]),
        rule("bnviz-axis", [across(0), TOP, across(0), TOP + high]),
      );
      set(names[0], { x: LEFT + 6, y: TOP + high + 16 });
      set(names[1], { x: across(0), y: TOP + high + 16 });
      far.forEach((text, i) => set(text, { x: i ? right - 4 : LEFT + 6, y: floor - 8 }));
      framed = "";
    },
    /**
     * @param {State} state
     * @param {import("./normal.js").Measures} numbers
     * @param {boolean} straight also the line
     */
    show(state, numbers, straight) {
      now = state;
      const { activation, weight, bias } = state;
      if (framed !== activation) frameOutputs(activation);
      const output = apply[activation];

      set(bell, { d: bellPath(weight, bias) });
      const shares = outputShares(state, bins);
      const peak = Math.max(...shares) || 1;
      set(outputs, { d: sideways(bins.map(y), shares.map((s) => across(s / peak)), across(0)) });
      const mass = activation === "relu" ? numbers.lost : 0;
      set(cut, { x: across(0), y: y(0) - 3, width: mass * (across(1) - across(0)), height: 6 });

      const [low, top] = [bias - MOST * Math.abs(weight), bias + MOST * Math.abs(weight)].map((v) =>
        Math.min(REACH, Math.max(-REACH, v)),
      );
      const inputs = steps(low, top, 48);
      set(used, { d: linePath(inputs.map(x), inputs.map((v) => y(output(v)))) });
      set(line, { d: straight ? lineInside(numbers.slope, numbers.intercept) : null });
      FOLLOWED.forEach((z, i) => {
        const input = weight * z + bias;
        const [px, py] = [round(x(input)), round(y(output(input)))];
        const seen = Math.abs(input) <= REACH;
        set(ways[i], { d: seen ? `M${px} ${floor}V${py}H${round(across(0))}` : null });
        set(dots[i], { cx: px, cy: py, display: seen ? null : "none" });
      });
      const beyond = [shareBelow(-REACH, weight, bias), shareBelow(-REACH, weight, -bias)];
      write(far[0], beyond[0] >= 0.0005 ? `◂ ${percent(beyond[0])}` : "");
      write(far[1], beyond[1] >= 0.0005 ? `${percent(beyond[1])} ▸` : "");
      place(grips.bias, bias, 0);
      place(grips.weight, bias + weight, weight ? density(1) / density(0) : 0.75);
      const text = describe(state, numbers);
      if (element.getAttribute("aria-label") !== text) set(element, { "aria-label": text });
    },
  };

  /**
   * The density of the inputs, as high as there is room; at γ = 0 all of it stands on one value.
   * @param {number} weight
   * @param {number} bias
   */
  function bellPath(weight, bias) {
    const size = Math.max(Math.abs(weight), 0.012); // as thin as a line can be seen
    const [low, top] = [Math.max(-REACH, bias - 4 * size), Math.min(REACH, bias + 4 * size)];
    const inputs = steps(low, top, 64);
    const heights = inputs.map((v) => up(density((v - bias) / size) / density(0)));
    return `M${round(x(low))} ${floor}${linePath(inputs.map(x), heights).replace("M", "L")}L${round(x(top))} ${floor}Z`;
  }

  /**
   * The part of the straight line that lies in the panel of the curve.
   * @param {number} slope
   * @param {number} intercept
   */
  function lineInside(slope, intercept) {
    if (Number.isNaN(slope)) return null;
    const [bottom, top] = y.domain;
    const at = (/** @type {number} */ v) => Math.min(REACH, Math.max(-REACH, v));
    const ends = slope
      ? [at((bottom - intercept) / slope), at((top - intercept) / slope)]
      : [-REACH, REACH];
    return linePath(ends.map(x), ends.map((v) => y(slope * v + intercept)));
  }

  /**
   * @param {SVGGElement} grip
   * @param {number} value
   * @param {number} height share of the bell's
   */
  function place(grip, value, height) {
    const at = x(Math.min(REACH, Math.max(-REACH, value)));
    set(grip, { transform: `translate(${round(at)} ${round(up(height))})` });
  }
}

/**
 * What the bell is dragged by: a letter between two arrows.
 * @param {string} letter
 */
function makeGrip(letter) {
  const arrow = (/** @type {number} */ side) => svg("path", { d: `M${13 * side} -4.5L${19 * side} 0L${13 * side} 4.5Z` });
  return svg(
    "g",
    { class: "bnviz-affine-grip bnviz-handle" },
    svg("circle", { r: 15, fill: "transparent" }),
    svg("circle", { r: 9.5, class: "bnviz-affine-knob" }),
    arrow(-1),
    arrow(1),
    label(letter, { class: "bnviz-strong", "text-anchor": "middle", y: 4 }),
  );
}

/**
 * Equally wide steps, both ends included.
 * @param {number} low
 * @param {number} high
 * @param {number} count
 */
function steps(low, high, count) {
  return Array.from({ length: count + 1 }, (_, b) => low + ((high - low) * b) / count);
}

/**
 * As `stepPath`, with the bars lying on their side.
 * @param {number[]} edges
 * @param {number[]} ends
 * @param {number} base
 */
function sideways(edges, ends, base) {
  let d = `M${round(base)} ${round(edges[0])}`;
  for (let b = 0; b < ends.length; b += 1) d += `H${round(ends[b])}V${round(edges[b + 1])}`;
  return `${d}H${round(base)}Z`;
}

/** @param {Activation} activation */
function nameOf(activation) {
  return activation === "relu" ? "ReLU" : activation;
}

/**
 * @param {State} state
 * @param {import("./normal.js").Measures} numbers
 */
function describe({ activation, weight, bias }, { straight, lost }) {
  const line = Number.isNaN(straight)
    ? "All outputs are the same"
    : `A straight line explains ${percent(straight)} of the output’s variance`;
  const where = activation === "relu" ? "are cut to 0" : "lie where the curve is flat";
  const inside = `${tidy(weight)} x̂ ${bias < 0 ? "−" : "+"} ${tidy(Math.abs(bias))}`;
  return (
    `A standard normal x̂ through ${nameOf(activation)}(${inside}). ` +
    `${percent(lost)} of the values ${where}. ${line}.`
  );
}
