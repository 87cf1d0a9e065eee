// A standard normal x̂ is scaled by γ, shifted by β and goes through an activation.

import {
  axis, button, figure, formatNumber, formatShare, html, label, linePath, linear, resize, round,
  rule, select, set, slider, stepPath, stroke, surface, svg, tint, toolbar,
} from "./base.js";

const REACH = 8; // the inputs shown: −8 to 8
const LEFT = 46;
const MARGIN = 16;
const TOP = 24;
const CURVE = 176; // height of the activation's panel, and of the outputs beside it
const BELOW = TOP + CURVE + 34; // top of the inputs' panel
const INPUT = 74;
const FLOOR = BELOW + INPUT;
const HEIGHT = FLOOR + 40;
const PLANE = 226; // width of the γ–β plane where it stands beside the curve
const VALUES = { color: 0, dash: "" }; // the distribution's style
const LINE = { color: 3, dash: "6 3" }; // the best line's

export default figure("affine_activation", ({ spec, arrays, stage, redraw }) => {
  const state = { activation: spec.activation, weight: spec.weight, bias: spec.bias };
  const drawing = makeDrawing(spec);
  const plane = makePlane(spec, arrays.learned, moveTo);
  const facts = makeFacts();
  const note = html("p", { class: "bnviz-note", role: "status" });

  const activation = select({
    label: "activation",
    options: [
      { value: "sigmoid", text: "sigmoid" },
      { value: "tanh", text: "tanh" },
      { value: "relu", text: "ReLU" },
    ],
    value: state.activation,
    onchange(value) {
      state.activation = value;
      redraw();
    },
  });
  const parameter = (name, key) => {
    const [low, high] = spec.plane[key];
    return slider({
      label: name, step: 0.05, value: spec[key], text: () => short(state[key]),
      min: Math.min(-4, Math.floor(Math.min(low, spec[key]))),
      max: Math.max(4, Math.ceil(Math.max(high, spec[key]))),
      oninput(value) {
        state[key] = value;
        redraw();
      },
    });
  };
  const weight = parameter("γ (weight)", "weight");
  const bias = parameter("β (bias)", "bias");
  const reset = button({
    label: "Reset",
    onclick() {
      activation.input.value = spec.activation;
      state.activation = spec.activation;
      moveTo(spec.weight, spec.bias);
    },
  });
  function moveTo(nextWeight, nextBias) {
    Object.assign(state, { weight: nextWeight, bias: nextBias });
    weight.value = nextWeight;
    bias.value = nextBias;
    redraw();
  }

  stage.append(
    toolbar(activation.element, reset),
    html("div", { class: "bnviz-sliders" }, weight.element, bias.element),
    html(
      "div",
      { class: "bnviz-affine" },
      html("div", {}, drawing.legend, drawing.element),
      html("div", {}, facts.element, plane.element, plane.legend),
    ),
    note,
  );

  return {
    draw({ width }) {
      const beside = width >= 600;
      const numbers = measure(state, spec.flat);
      stage.querySelector(".bnviz-affine").classList.toggle("bnviz-beside", beside);
      drawing.show(beside ? width - PLANE - 28 : width, state, numbers);
      facts.show(state, numbers);
      plane.show(beside ? PLANE : Math.min(width, 320), state);
      const text = remark(state);
      if (note.textContent !== text) note.textContent = text;
      note.hidden = !text;
    },
  };
});

/** At most three digits, no zeros at the end. */
function short(value) {
  const text = formatNumber(Math.abs(value) < 1e-12 ? 0 : value);
  return text.includes(".") && !text.includes("×") ? text.replace(/\.?0+$/, "") : text;
}

function nameOf(activation) {
  return activation === "relu" ? "ReLU" : activation;
}

function remark({ weight, activation }) {
  if (weight === 0) return `γ = 0: every input of the ${nameOf(activation)} is β, so every output is the same.`;
  if (weight < 0) {
    return "A negative γ mirrors x̂. The bell curve is its own mirror image, so all numbers are those of |γ|.";
  }
  return "";
}

// --- exact numbers, as in affine_activation.py -----------------------------------------------------

const apply = {
  sigmoid: (y) => 1 / (1 + Math.exp(-y)),
  tanh: Math.tanh,
  relu: (y) => Math.max(y, 0),
};

/** Everything that the figure says in numbers. */
function measure({ activation, weight, bias }, flat) {
  const [mean, variance, covariance] = moments(activation, weight, bias);
  const passed = below(0, weight, -bias);
  const slope = weight ? covariance / weight : NaN;
  const edge = flat[activation];
  return {
    mean,
    std: Math.sqrt(variance),
    linear: variance > 0 ? Math.min(1, covariance ** 2 / variance) : NaN,
    slope,
    intercept: mean - slope * bias,
    passed,
    saturated: edge ? below(-edge, weight, bias) + below(-edge, weight, -bias) : 1 - passed,
  };
}

/** Mean and variance of f(γ x̂ + β), and its covariance with x̂. */
function moments(activation, weight, bias) {
  if (activation === "tanh") {
    const [mean, variance, covariance] = moments("sigmoid", 2 * weight, 2 * bias);
    return [2 * mean - 1, 4 * variance, 2 * covariance];
  }
  if (weight === 0) return [apply[activation](bias), 0, 0];
  if (activation === "relu") return reluMoments(weight, bias);
  if (bias > 0) {
    const [mean, variance, covariance] = moments("sigmoid", -weight, -bias);
    return [1 - mean, variance, -covariance];
  }
  const step = Math.max(Math.min(0.1, 0.4 / Math.abs(weight)), 1e-4);
  const last = Math.round(10 / step);
  const shares = [];
  const values = [];
  let mean = 0;
  for (let i = -last; i <= last; i += 1) {
    const z = i * step;
    const share = density(z) * step;
    const value = apply.sigmoid(weight * z + bias);
    shares.push(share);
    values.push(value);
    mean += share * value;
  }
  let variance = 0;
  let covariance = 0;
  values.forEach((value, i) => {
    variance += shares[i] * (value - mean) ** 2;
    covariance += shares[i] * (value - mean) * (i - last) * step;
  });
  return [mean, variance, covariance];
}

function reluMoments(weight, bias) {
  const size = Math.abs(weight);
  const t = bias / size;
  const [passed, cut, d] = [below(0, 1, -t), below(0, 1, t), density(t)];
  const variance = passed * (1 + t * t * cut) + t * d * (cut - passed) - d * d;
  return [size * (d + t * passed), size * size * variance, weight * passed];
}

function density(z) {
  return Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
}

/** P(γ x̂ + β < edge), for a standard normal x̂. */
function below(edge, weight, bias) {
  if (weight === 0) return bias < edge ? 1 : 0;
  const x = (edge - bias) / Math.abs(weight);
  if (x > 0) return 1 - tail(x);
  return tail(-x);
}

/** P(x̂ > x) for x ≥ 0: a power series (Marsaglia 2004), and a continued fraction far out. */
function tail(x) {
  if (x > 3) {
    let fraction = x;
    for (let k = 50; k > 0; k -= 1) fraction = x + k / fraction;
    return x === Infinity ? 0 : density(x) / fraction;
  }
  let term = x;
  let sum = x;
  for (let i = 3; Math.abs(term) > 1e-17 * sum; i += 2) {
    term *= (x * x) / i;
    sum += term;
  }
  return 0.5 - sum * density(x);
}

/** Bin edges along an axis, and the share of the values in each bin. */
function histogram(edges, inverse, { weight, bias }) {
  const under = edges.map((edge) => below(inverse(edge), weight, bias));
  return { edges, shares: under.slice(1).map((share, b) => share - under[b]) };
}

function steps(low, high, bins) {
  return Array.from({ length: bins + 1 }, (_, b) => low + ((high - low) * b) / bins);
}

/** The outputs' axis: its ends, bins, and the input at which an output is reached. */
const OUTPUTS = {
  sigmoid: {
    ends: [-0.06, 1.06], edges: steps(0, 1, 40), inverse: (a) => Math.log(a / (1 - a)),
  },
  tanh: { ends: [-1.12, 1.12], edges: steps(-1, 1, 40), inverse: Math.atanh },
  // The first bar is what was cut to 0.
  relu: {
    ends: [-0.5, REACH], edges: steps(-0.2, REACH, 41), inverse: (a) => (a < -0.1 ? -Infinity : a),
  },
};
const INPUTS = steps(-REACH, REACH, 80);

/** The first of a few round ceilings that holds all shares, so that the axis stays calm. */
function ceiling(shares) {
  const highest = Math.max(...shares);
  return [0.025, 0.05, 0.1, 0.25, 0.5, 1].find((top) => top >= highest) ?? 1;
}

// --- the curve, the inputs below it and the outputs beside it ----------------------------------------

function makeDrawing(spec) {
  const clipId = `bnviz-affine-${(makeDrawing.count = (makeDrawing.count ?? 0) + 1)}`;
  const clip = svg("rect", { y: TOP, height: CURVE });
  const zones = [0, 1].map(() => svg("rect", { class: "bnviz-affine-flat", y: TOP, height: FLOOR - TOP }));
  const words = [0, 1].map(() => label("", { y: TOP + 0.42 * CURVE, "text-anchor": "middle", class: "bnviz-affine-word" }));
  const frames = { input: svg("g"), share: svg("g"), output: svg("g"), beside: svg("g") };
  const curve = svg("path", { class: "bnviz-affine-curve" });
  const line = svg("path", { "stroke-width": 2, ...stroke(LINE) });
  const inputs = svg("path", { ...tint(VALUES, 0.45) });
  const outputs = svg("path", { ...tint(VALUES, 0.45) });
  const paths = [-1, 0, 1].map(() => svg("path", { class: "bnviz-affine-path" }));
  const ends = [-1, 0, 1].map(() => svg("circle", { class: "bnviz-affine-dot", r: 3.5 }));
  const outside = ["start", "end"].map((side) =>
    label("", { "text-anchor": side, y: BELOW + 11, class: "bnviz-strong" }),
  );
  const element = surface(
    spec.alt,
    svg("defs", {}, svg("clipPath", { id: clipId }, clip)),
    ...zones,
    ...Object.values(frames),
    inputs,
    outputs,
    svg("g", { "clip-path": `url(#${clipId})` }, line, curve),
    ...paths,
    ...ends,
    ...words,
    ...outside,
  );
  const swatch = (text, mark) =>
    html(
      "span",
      { class: "bnviz-key" },
      svg("svg", { width: 26, height: 14, "aria-hidden": "true" }, mark),
      text,
    );
  const flatKey = html("span");
  const legend = html(
    "div",
    { class: "bnviz-legend" },
    swatch("activation", svg("path", { class: "bnviz-affine-curve", d: "M0 7H26" })),
    swatch("best straight line", svg("path", { d: "M0 7H26", "stroke-width": 2, ...stroke(LINE) })),
    swatch("values", svg("rect", { y: 1, width: 26, height: 12, ...tint(VALUES, 0.45) })),
    swatch(flatKey, svg("rect", { y: 1, width: 26, height: 12, class: "bnviz-affine-flat" })),
  );

  let framed = "";
  return {
    element,
    legend,
    show(width, state, numbers) {
      const { activation, weight, bias } = state;
      const output = OUTPUTS[activation];
      const sideWidth = Math.max(56, Math.min(110, Math.round(0.2 * width)));
      const right = width - MARGIN - sideWidth - 16;
      const x = linear([-REACH, REACH], [LEFT, right]);
      const y = linear(output.ends, [TOP + CURVE, TOP]);
      const within = histogram(INPUTS, (v) => v, state);
      const out = histogram(output.edges, output.inverse, state);
      const tops = [ceiling(within.shares), ceiling(out.shares)];
      const up = linear([0, tops[0]], [FLOOR, BELOW]);
      const across = linear([0, tops[1]], [right + 16, width - MARGIN]);

      if (framed !== [width, activation, ...tops].join()) {
        framed = [width, activation, ...tops].join();
        frame();
      }
      set(inputs, { d: stepPath(within.edges.map(x), within.shares.map(up), FLOOR) });
      set(outputs, { d: sideways(out.edges.map(y), out.shares.map(across), across(0)) });
      const { slope, intercept } = numbers;
      const height = (v) => y(slope * v + intercept);
      set(line, {
        d: Number.isNaN(slope) ? null : linePath([LEFT, right], [height(-REACH), height(REACH)]),
      });
      [-1, 0, 1].forEach((z, i) => {
        const input = weight * z + bias;
        const [px, py] = [round(x(input)), round(y(apply[activation](input)))];
        const seen = Math.abs(input) <= REACH;
        set(paths[i], { d: seen ? `M${px} ${FLOOR}V${py}H${round(across(0))}` : null });
        set(ends[i], { cx: px, cy: py, display: seen ? null : "none" });
      });
      const far = [below(-REACH, weight, bias), below(-REACH, weight, -bias)];
      outside[0].textContent = far[0] >= 0.0005 ? `◂ ${formatShare(far[0])}` : "";
      outside[1].textContent = far[1] >= 0.0005 ? `${formatShare(far[1])} ▸` : "";
      set(element, { "aria-label": describe(state, numbers) });

      function frame() {
        resize(element, width, HEIGHT);
        set(clip, { x: LEFT, width: Math.max(0, right - LEFT) });
        axis(frames.input, x, {
          at: FLOOR, count: width > 400 ? 8 : 4, grid: FLOOR - TOP,
          title: "input of the activation: γ x̂ + β",
        });
        axis(frames.share, up, { side: "left", at: LEFT, ticks: [0, tops[0]], format: formatShare });
        axis(frames.output, y, {
          side: "left", at: LEFT, count: 4, grid: right - LEFT, title: "output of the activation",
        });
        axis(frames.beside, across, {
          at: TOP + CURVE, ticks: [0, tops[1]], format: formatShare, title: "share of outputs",
          titleAt: "end",
        });
        frames.share.append(
          label("share of inputs", { x: 2, y: BELOW - 10, class: "bnviz-title" }),
        );
        frames.beside.append(rule("bnviz-axis", [across(0), TOP, across(0), TOP + CURVE]));
        const inputsDrawn = steps(-REACH, REACH, 160);
        set(curve, { d: linePath(inputsDrawn.map(x), inputsDrawn.map((v) => y(apply[activation](v)))) });
        const edge = spec.flat[activation];
        const spans = edge ? [[-REACH, -edge], [edge, REACH]] : [[-REACH, 0], [0, 0]];
        spans.forEach(([start, end], i) => {
          set(zones[i], { x: x(start), width: x(end) - x(start) });
          set(words[i], { x: (x(start) + x(end)) / 2 });
          words[i].textContent = end > start ? (edge ? "flat" : "cut to 0") : "";
        });
        flatKey.textContent = edge ? "flat: slope under 5 % of the steepest" : "cut to 0";
        outside.forEach((text, i) => set(text, { x: i ? right - 3 : LEFT + 4 }));
      }
    },
  };
}

/** As `stepPath`, with the bars lying on their side. */
function sideways(edges, ends, base) {
  let d = `M${round(base)} ${round(edges[0])}`;
  for (let b = 0; b < ends.length; b += 1) d += `H${round(ends[b])}V${round(edges[b + 1])}`;
  return `${d}H${round(base)}Z`;
}

function describe({ activation, weight, bias }, numbers) {
  const line = Number.isNaN(numbers.linear)
    ? "All outputs are the same"
    : `A straight line explains ${formatShare(numbers.linear)} of the output's variance`;
  const where = activation === "relu" ? "are cut to 0" : "lie where the curve is flat";
  return (
    `A standard normal x̂ through ${nameOf(activation)}(${short(weight)} x̂ ${bias < 0 ? "−" : "+"} ${short(Math.abs(bias))}). ` +
    `${line}, and ${formatShare(numbers.saturated)} of the values ${where}.`
  );
}

// --- the numbers ---------------------------------------------------------------------------------

function makeFacts() {
  const names = ["R² of the best line", "in the flat ends", "passed", "output mean", "output spread (std)"];
  const rows = names.map((name) => {
    const term = html("dt", {}, name);
    const value = html("data");
    return { term, value, element: html("div", {}, term, html("dd", {}, value)) };
  });
  const [line, flat, passed, mean, std] = rows;
  const put = (row, number, text) => {
    row.value.value = number;
    row.value.textContent = text;
  };
  return {
    element: html("dl", { class: "bnviz-facts" }, ...rows.map((row) => row.element)),
    show({ activation }, numbers) {
      const relu = activation === "relu";
      flat.term.textContent = relu ? "cut to 0" : "in the flat ends";
      passed.element.hidden = !relu;
      put(line, numbers.linear, Number.isNaN(numbers.linear) ? "–" : numbers.linear.toFixed(3));
      put(flat, numbers.saturated, formatShare(numbers.saturated));
      put(passed, numbers.passed, formatShare(numbers.passed));
      put(mean, numbers.mean, short(numbers.mean));
      put(std, numbers.std, short(numbers.std));
    },
  };
}

// --- the plane of γ and β --------------------------------------------------------------------------

const SHAPES = [
  "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0Z",
  "M-2.7-2.7h5.4v5.4h-5.4Z",
  "M0-4L4 0L0 4L-4 0Z",
  "M0-3.8L3.8 3H-3.8Z",
  "M-1-4h2v3h3v2h-3v3h-2v-3h-3v-2h3Z",
  "M-3.5 0L3 3.7V-3.7Z",
];

/** The learned γ and β as marks; a click sets both, near a mark exactly to that unit's. */
function makePlane(spec, learned, choose) {
  const marks = spec.styles.flatMap((style, s) => {
    const shape = { d: SHAPES[s % SHAPES.length], ...tint(style, 0.75) };
    return Array.from({ length: spec.counts[s] }, () => svg("path", shape));
  });
  const frames = [svg("g"), svg("g")];
  const start = svg("circle", { class: "bnviz-affine-start", r: 5 });
  const here = svg("path", { class: "bnviz-affine-here", d: "M-9 0H9M0-9V9" });
  const touch = svg("rect", { fill: "transparent", style: "cursor:crosshair;touch-action:none" });
  const element = surface(
    ["The plane of γ and β; the sliders set the same.", ...spec.learned].join(" "),
    ...frames, ...marks, start, here, touch,
  );
  const key = (mark, text) =>
    html("span", { class: "bnviz-key" }, svg("svg", { width: 18, height: 14, viewBox: "-9 -7 18 14", "aria-hidden": "true" }, mark), text);
  const legend = html(
    "div",
    { class: "bnviz-legend" },
    key(svg("path", { class: "bnviz-affine-here", d: "M-7 0H7M0-7V7" }), "now"),
    key(svg("circle", { class: "bnviz-affine-start", r: 5 }), "start of training"),
    ...spec.styles.map((style, s) =>
      key(svg("path", { d: SHAPES[s % SHAPES.length], ...tint(style, 1) }), `${style.label}, learned`),
    ),
  );

  const [left, top] = [LEFT, TOP];
  let across = null;
  let up = null;
  let framed = 0;
  const at = (i) => [across(learned[2 * i]), up(learned[2 * i + 1])];
  const pick = (event) => {
    if (event.type !== "pointerdown" && !event.buttons) return;
    if (event.type === "pointerdown") touch.setPointerCapture(event.pointerId);
    const box = element.getBoundingClientRect();
    const [px, py] = [event.clientX - box.left, event.clientY - box.top];
    let nearest = -1;
    let least = 8;
    marks.forEach((_, i) => {
      const [mx, my] = at(i);
      const distance = Math.hypot(mx - px, my - py);
      if (distance < least) [nearest, least] = [i, distance];
    });
    if (nearest >= 0) choose(learned[2 * nearest], learned[2 * nearest + 1]);
    else choose(snapped(across, px), snapped(up, py));
  };
  set(touch, { onpointerdown: pick, onpointermove: pick });

  return {
    element,
    legend,
    show(width, { weight, bias }) {
      if (width !== framed) {
        framed = width;
        const size = width - left - 10;
        const height = Math.round(Math.min(size, 190));
        across = linear(spec.plane.weight, [left, left + size]);
        up = linear(spec.plane.bias, [top + height, top]);
        resize(element, width, top + height + 40);
        axis(frames[0], across, { at: top + height, count: 4, grid: height, title: "γ (weight)" });
        axis(frames[1], up, { side: "left", at: left, count: 4, grid: size, title: "β (bias)" });
        set(touch, { x: left, y: top, width: size, height });
        marks.forEach((mark, i) => set(mark, { transform: `translate(${at(i).map(round)})` }));
        set(start, { cx: across(1), cy: up(0) });
      }
      const inside = (v, [a, b]) => Math.min(Math.max(v, a), b);
      const [x, y] = [inside(weight, spec.plane.weight), inside(bias, spec.plane.bias)];
      set(here, {
        transform: `translate(${round(across(x))},${round(up(y))})`,
        opacity: x === weight && y === bias ? null : 0.4,
      });
    },
  };
}

/** The value at a pixel, inside the axis, to two decimals. */
function snapped(scale, pixel) {
  const [low, high] = scale.domain;
  const value = Math.min(Math.max(scale.invert(pixel), low), high);
  return Number(value.toFixed(2));
}
