// A standard normal x̂ is scaled by γ, shifted by β and goes through an activation: first the curve,
// then the plane of γ and β in which learned units lie.

import { button, checkbox, choice, controlBar, slider } from "../../kit/controls.js";
import { key } from "../../kit/draw.js";
import { html, write } from "../../kit/elements.js";
import { figure } from "../../kit/life.js";
import { tidy } from "../../kit/words.js";
import { makeCurve } from "./curve.js";
import { measure, percent } from "./normal.js";
import { makePlane, swatchOf } from "./plane.js";

/** @typedef {import("./normal.js").Activation} Activation */
/** @typedef {import("./normal.js").State} State */

/** @type {Activation[]} */
const ACTIVATIONS = ["sigmoid", "tanh", "relu"];
const STEP = 0.05; // of γ and β

export default figure("affine_activation", ({ spec, arrays, stage, redraw }) => {
  /** @type {State} */
  let state = { activation: spec.activation, weight: spec.weight, bias: spec.bias };
  let straight = spec.line;
  let unit = -1; // the learned unit that is shown

  /** @param {Partial<State>} change */
  function change(change) {
    state = { ...state, ...change };
    redraw();
  }
  /**
   * @param {number} weightNow
   * @param {number} biasNow
   * @param {number} [index] of the unit that has learned these
   */
  function moveTo(weightNow, biasNow, index = -1) {
    unit = index;
    change({ weight: weightNow, bias: biasNow });
    weight.value = weightNow;
    bias.value = biasNow;
  }

  const activation = choice({
    label: "activation",
    options: ACTIVATIONS.map(nameOf),
    value: ACTIVATIONS.indexOf(state.activation),
    onchange: (index) => change({ activation: ACTIVATIONS[index] }),
  });
  const line = checkbox({
    label: "straight line",
    checked: straight,
    onchange(on) {
      straight = on;
      redraw();
    },
  });
  const weight = parameter("γ (weight)", "γ", "weight");
  const bias = parameter("β (bias)", "β", "bias");
  /**
   * A slider whose value may lie between its steps, until it is moved.
   * @param {string} label
   * @param {string} short
   * @param {"weight"|"bias"} name
   */
  function parameter(label, short, name) {
    const [low, high] = spec.plane[name];
    return slider({
      label, short, step: STEP, value: spec[name], room: 5,
      text: () => tidy(state[name]),
      min: Math.min(-4, Math.floor(Math.min(low, spec[name]))),
      max: Math.max(4, Math.ceil(Math.max(high, spec[name]))),
      oninput(value) {
        unit = -1;
        change({ [name]: value });
      },
    });
  }
  const reset = button({
    label: "Reset",
    onclick() {
      activation.value = ACTIVATIONS.indexOf(spec.activation);
      straight = spec.line;
      line.input.checked = straight;
      state = { ...state, activation: spec.activation };
      moveTo(spec.weight, spec.bias);
    },
  });

  const curve = makeCurve(spec, (name, value) => {
    const inside = Math.round(value / STEP) * STEP;
    const { input } = name === "weight" ? weight : bias;
    const next = Math.min(Number(input.max), Math.max(Number(input.min), inside));
    const there = { ...state, [name]: Number(next.toFixed(9)) };
    moveTo(there.weight, there.bias);
  });
  const lost = html("span");
  const explained = html("span");
  const special = html("span", { role: "status" });
  const reading = html("p", { class: "bnviz-affine-reading" }, lost, " ", explained, " ", special);
  const room = html("div", { class: "bnviz-room" }, curve.element);

  const total = arrays.learned.length / 2;
  const plane = total ? makePlane(spec, arrays.learned, moveTo) : null;
  const plot = html("div", { class: "bnviz-room" }, plane?.element);
  const next = button({
    label: "Next unit",
    onclick() {
      const index = (unit + 1) % total;
      moveTo(arrays.learned[2 * index], arrays.learned[2 * index + 1], index);
    },
  });
  const keys = spec.styles.map((/** @type {any} */ style, /** @type {number} */ s) =>
    key(swatchOf(style, s), style.label),
  );
  const learned = html(
    "div",
    { class: "bnviz-affine-learned" },
    html("div", { class: "bnviz-affine-keys" }, html("div", { class: "bnviz-legend" }, ...keys), next),
    plot,
  );

  stage.append(
    html(
      "div", { class: "bnviz-affine-bar" },
      activation.element, line.element, reset,
    ),
    html("div", { class: "bnviz-affine-sliders" }, weight.element, bias.element),
    html("div", { class: "bnviz-affine" }, html("div", { class: "bnviz-affine-curve" }, room, reading), plane ? learned : null),
  );

  return {
    draw({ resized }) {
      if (resized) {
        curve.frame(room.clientWidth, room.clientHeight);
        plane?.frame(plot.clientWidth, plot.clientHeight);
      }
      const numbers = measure(state, spec.flat);
      curve.show(state, numbers, straight);
      plane?.show(state, unit);
      write(lost, lostIn(state, numbers));
      write(explained, straight ? straightIn(numbers) : "");
      write(special, remark(state));
    },
  };
});

/** @param {Activation} activation */
function nameOf(activation) {
  return activation === "relu" ? "ReLU" : activation;
}

/**
 * @param {State} state
 * @param {import("./normal.js").Measures} numbers
 */
function lostIn({ activation }, numbers) {
  const where = activation === "relu" ? "are cut to 0" : "lie in the flat ends";
  return `${percent(numbers.lost)} of the values ${where}.`.replace("under", "Under").replace("over", "Over");
}

/** @param {import("./normal.js").Measures} numbers */
function straightIn({ straight }) {
  if (Number.isNaN(straight)) return "All outputs are the same.";
  return `A straight line explains ${percent(straight)} of the output’s variance.`;
}

/** @param {State} state */
function remark({ weight }) {
  if (weight === 0) return "γ\u00a0=\u00a00: every input is β.";
  return weight < 0 ? "γ\u00a0<\u00a00 mirrors x̂." : "";
}
