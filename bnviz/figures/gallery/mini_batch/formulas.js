// The formulas of batch normalization with the numbers of one sample. Their elements stay: only
// numbers change, so that nothing is laid out anew but the line that they stand in.

import { html, write } from "../../kit/elements.js";
import { tidy } from "../../kit/words.js";

/**
 * @param {string} tag
 * @param {...(Node|string)} children
 */
function math(tag, ...children) {
  const node = document.createElementNS("http://www.w3.org/1998/Math/MathML", tag);
  node.append(...children);
  return node;
}
const variable = (/** @type {string} */ text) => math("mi", text);
const sign = (/** @type {string} */ text) => math("mo", text);
const paren = (/** @type {string} */ text) => {
  const node = sign(text);
  node.setAttribute("stretchy", "false");
  return node;
};
const number = () => math("mn");
const row = (/** @type {Node[]} */ ...parts) => math("mrow", ...parts);
const fraction = (/** @type {Node[]} */ top, /** @type {Node} */ bottom) =>
  math("mfrac", row(...top), bottom);
const square = (/** @type {Node} */ base) => math("msup", base, math("mn", "2"));
const hat = () => math("mover", variable("x"), sign("^"));
const mean = () => fraction([math("mn", "1")], variable("m"));
const one = () => math("msub", variable("x"), variable("i"));

/** @param {...Node} parts */
function formula(...parts) {
  const whole = math("math", ...parts);
  whole.setAttribute("displaystyle", "true");
  return html("div", { class: "bnviz-batch-formula" }, whole);
}

/**
 * A number that follows a sign: negative ones stand in brackets.
 * @param {number} value
 * @param {number} [digits]
 */
function bracket(value, digits = 4) {
  return value < 0 ? `(${tidy(value, digits)})` : tidy(value, digits);
}

/**
 * The formulas of each axis.
 * @param {number} rows 3 with γ and β, 2 without
 */
export function makeFormulas(rows) {
  const indices = [number(), number(), number()];
  const sub = (/** @type {Node} */ base, /** @type {number} */ k) => math("msub", base, indices[k]);
  const mu = number();
  const variance = number();
  const deviation = row(paren("("), one(), sign("−"), variable("μ"), paren(")"));
  const [x, middle, under, eps, normalized] = Array.from({ length: 5 }, number);
  const [weight, scaled, bias, y] = Array.from({ length: 4 }, number);
  const plus = sign("+");
  const elements = [
    html(
      "div",
      { class: "bnviz-batch-statistics" },
      formula(variable("μ"), sign("="), mean(), sign("∑"), one(), sign("="), mu),
      formula(
        square(variable("σ")), sign("="), mean(), sign("∑"), square(deviation), sign("="), variance,
      ),
    ),
    formula(
      sub(hat(), 0), sign("="),
      fraction([x, sign("−"), middle], math("msqrt", under, sign("+"), eps)),
      sign("="), normalized,
    ),
    formula(sub(variable("y"), 1), sign("="), weight, sign("·"), scaled, plus, bias, sign("="), y),
  ].slice(0, rows);

  return {
    elements,
    /**
     * @param {import("./arithmetic.js").Batch} batch
     * @param {number} i the sample
     * @param {import("./arithmetic.js").State} state
     * @param {number} digits of x
     */
    show(batch, i, state, digits) {
      const [raw, hats, ys] = batch.rows.map(({ values }) => values[i]);
      indices.forEach((index) => write(index, String(i + 1)));
      write(mu, tidy(batch.mean, digits));
      write(variance, tidy(batch.variance, 4));
      write(x, tidy(raw, digits));
      write(middle, bracket(batch.mean, digits));
      write(under, tidy(batch.variance, 4));
      write(eps, tidy(state.eps, 4));
      write(normalized, tidy(hats, 4));
      write(weight, tidy(state.weight, 4));
      write(scaled, bracket(hats));
      write(plus, state.bias < 0 ? "−" : "+");
      write(bias, tidy(Math.abs(state.bias), 4));
      write(y, tidy(ys, 4));
    },
  };
}
