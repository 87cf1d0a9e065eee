// What marks the chosen sample, and what it is dragged by.

import { label } from "../../kit/draw.js";
import { set, svg, write } from "../../kit/elements.js";

/**
 * The chosen sample on an axis: a ring with its number, whatever the color.
 * @param {string} key
 * @param {number} r
 */
export function makeBadge(key, r) {
  const number = label("", { class: "bnviz-strong", "text-anchor": "middle", y: 4 });
  const ring = svg("circle", { class: "bnviz-batch-ring", r, stroke: `var(--bnviz-${key})` });
  const element = svg("g", { class: "bnviz-batch-badge" }, ring, number);
  return {
    element,
    /**
     * @param {number} x
     * @param {number} y
     * @param {number} index
     */
    show(x, y, index) {
      set(element, { transform: `translate(${x} ${y})` });
      write(number, String(index + 1));
    },
  };
}

/**
 * What the chosen sample is dragged by: arrows on both sides, and at first a hint.
 * @param {boolean} movable
 */
export function makeGrip(movable) {
  const arrow = (/** @type {number} */ side) =>
    svg("path", { d: `M${15 * side} -5.5L${22 * side} 0L${15 * side} 5.5Z` });
  const hint = label("", { class: "bnviz-strong bnviz-halo", y: 4 });
  const target = svg("circle", { r: 22, fill: "transparent", class: "bnviz-handle" });
  const element = svg("g", { class: "bnviz-batch-grip" }, arrow(-1), arrow(1), hint, target);
  if (!movable) set(element, { display: "none" });
  let fresh = movable; // nothing was dragged yet
  return {
    element,
    target,
    used() {
      fresh = false;
      write(hint, "");
    },
    /**
     * @param {number[]} places of all samples
     * @param {number} y
     * @param {number} chosen
     * @param {number} width
     */
    show(places, y, chosen, width) {
      set(element, { transform: `translate(${places[chosen]} ${y})` });
      if (!fresh) return;
      const fit = freeSide(places, chosen, width);
      write(hint, fit.text);
      set(hint, { "text-anchor": fit.side < 0 ? "end" : "start", x: 27 * fit.side });
    },
  };
}

/**
 * Where a hint beside the chosen sample covers no other: on the side of the mean, or outside.
 * @param {number[]} places
 * @param {number} chosen
 * @param {number} width
 */
function freeSide(places, chosen, width) {
  const at = places[chosen];
  const inner = at > width / 2 ? -1 : 1;
  const room = (/** @type {number} */ side) => {
    const gaps = places.map((place) => side * (place - at) - 10).filter((gap) => gap > -9.9);
    return Math.min(side > 0 ? width + 8 - at : at + 8, ...gaps);
  };
  for (const [text, needed] of /** @type {[string, number][]} */ ([["drag me", 80], ["drag", 58]])) {
    for (const side of [inner, -inner]) if (room(side) >= needed) return { text, side };
  }
  return { text: "", side: inner };
}
