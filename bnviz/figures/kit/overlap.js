// Lines that lie on each other would read as one. Here they say so, and each of them is seen.

import { label, rule } from "./draw.js";
import { set, svg } from "./elements.js";
import { wrap } from "./text.js";

/** @typedef {{xs: number[], ys: number[]}} Line in pixels; NaN where there is nothing */

const NEAR = 2; // pixels between lines that lie on each other
const SHARE = 0.9; // of an axis on which they do
const DASH = 8; // pixels of each line before the next is seen
const FREE = 6; // pixels between a label and all lines
const LETTERS = 15; // pixels of a line of words
const PARTS = Array.from({ length: 17 }, (_, k) => 1 - k / 16); // of a width: where a label is tried

/**
 * Groups of lines that lie on each other over nearly the whole axis, as indices.
 * @param {Line[]} lines
 * @returns {number[][]} two or more in each
 */
export function together(lines) {
  /** @type {number[][]} */
  const groups = [];
  lines.forEach((line, i) => {
    const group = groups.find(([first]) => coincide(lines[first], line));
    if (group) group.push(i);
    else groups.push([i]);
  });
  return groups.filter((group) => group.length > 1);
}

/**
 * @param {Line} one
 * @param {Line} other
 */
function coincide(one, other) {
  const near = one.ys.filter((y, i) => Math.abs(y - other.ys[i]) <= NEAR).length;
  return near > 1 && near >= SHARE * one.ys.length && `${one.xs}` === `${other.xs}`;
}

/**
 * Where a label of a line stands: off all lines and what is taken, and otherwise as near to its own
 * as can be.
 * @param {Line[]} lines
 * @param {number} own
 * @param {number[]} size width and height of the label
 * @param {number[]} across where the plot begins and ends
 * @param {number[]} up its lower and its upper end
 * @param {number[][]} [taken] left, top, right and bottom of what stands there
 * @returns {number[]} left and top; and x, start and end of a leader from it to its line
 */
export function placeBeside(lines, own, [width, height], [left, right], [base, top], taken = []) {
  let best = [left, top, 0, 0, 0];
  let least = Infinity;
  for (const share of PARTS) {
    const x = left + share * (right - left - width);
    const middle = x + width / 2;
    const goal = heightAt(lines[own], middle);
    const there = lines
      .flatMap((line) => PARTS.map((part) => heightAt(line, x + part * width)))
      .filter(Number.isFinite);
    for (let y = top; y + height <= base; y += 3) {
      const from = goal < y ? y : y + height;
      const free = Math.min(...there.map((v) => Math.max(y - v, v - y - height)));
      const covers = taken.some(
        ([l, t, r, b]) => x < r && x + width > l && y < b && y + height > t,
      );
      const cost = Math.abs(goal - from) + 100 * Math.max(0, FREE - free) + (covers ? 1e4 : 0);
      if (cost < least) [best, least] = [[x, y, middle, from, goal], cost];
    }
  }
  return best;
}

/**
 * @param {Line} line
 * @param {number} x
 */
function heightAt({ xs, ys }, x) {
  const i = xs.findIndex((place) => place >= x);
  if (i < 1) return ys[i];
  return ys[i] + ((x - xs[i]) / (xs[i] - xs[i - 1])) * (ys[i] - ys[i - 1]);
}

/**
 * @param {import("./draw.js").Style[]} styles of the lines
 * @param {SVGElement[]} paths that draw them, each above the one before
 * @param {import("./text.js").Ruler} ruler
 */
export function overlaps(styles, paths, ruler) {
  const element = svg("g");
  return {
    element,
    /**
     * @param {Line[]} lines as they are drawn
     * @param {{x: import("./scales.js").Scale, y: import("./scales.js").Scale}} plot
     * @param {number[][]} [taken] left, top, right and bottom of other labels
     * @returns {{among: number[], said: string}} those that lie on each other; and in words
     */
    show(lines, { x, y }, taken = []) {
      const wide = (/** @type {string} */ text) => ruler(text, 12, 600);
      const groups = together(lines);
      // The lowest keeps its own dashes; the others leave gaps, each at another place.
      paths.forEach((path, i) => {
        const group = groups.find((one) => one.includes(i)) ?? [i];
        const rank = group.indexOf(i);
        set(path, {
          "stroke-dasharray": rank ? `${DASH} ${DASH * (group.length - 1)}` : styles[i].dash || null,
          "stroke-dashoffset": rank ? -DASH * rank : null,
        });
      });
      let said = "";
      const labels = groups.flatMap((group) => {
        const names = group.map((i) => styles[i].label);
        const last = names.pop();
        const text = `${names.length > 1 ? "all" : "both"}: ${names.join(", ")} and ${last}`;
        said += `\nOn each other, ${text}.`;
        const words = wrap(text, x.range[1] - x.range[0], wide);
        const size = [Math.max(...words.map(wide)), LETTERS * words.length];
        const place = placeBeside(lines, group[0], size, x.range, y.range, taken);
        const [left, top, at, from, to] = place;
        return [
          rule("bnviz-leader", [at, from, at, to]),
          ...words.map((line, i) =>
            label(line, { x: left, y: top + LETTERS * i + 12, class: "bnviz-strong bnviz-halo" }),
          ),
        ];
      });
      element.replaceChildren(...labels);
      return { among: groups.flat(), said };
    },
  };
}
