// What an axis that `axes.py` described is in a plot, and how its values read. No page here: Node
// can run it too.

import { linear, log } from "./scales.js";
import { fixed, tidy } from "./words.js";

/**
 * @typedef {{name: string, log: boolean, percent: boolean, ends: number[], ticks?: number[]}} Axis
 */

/**
 * One side of a plot.
 * @param {Axis} axis
 */
export function side({ name, log: logarithmic, percent, ends, ticks }) {
  return {
    title: name,
    domain: ends,
    scale: logarithmic ? log : linear,
    ticks,
    format: percent ? (/** @type {number} */ v) => `${fixed(100 * v)} %`
      : ticks && tidy,
  };
}

/**
 * A value in words, as `Axis.text` writes it.
 * @param {{percent: boolean}} axis
 * @param {number} value
 */
export function valueText({ percent }, value) {
  return percent && Number.isFinite(value) ? `${fixed(100 * value, 1)} %` : tidy(value);
}

/**
 * A value as short as a cell of a grid needs it: two digits, and per cent without their sign.
 * @param {{percent: boolean}} axis
 * @param {number} value
 */
export function cellText({ percent }, value) {
  return percent ? fixed(100 * value) : tidy(value, 2);
}
