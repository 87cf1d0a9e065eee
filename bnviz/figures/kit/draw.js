// What drawings are made of: axes, lines, areas, marks, labels. Pixels in, elements or paths out.

import { html, set, svg } from "./elements.js";

/** @typedef {import("./scales.js").Scale} Scale */
/** @typedef {{label: string, key: string, dash: string}} Style an entry of `series_styles`, paper.py */

/**
 * The drawing surface of a figure: an `<svg role="img">` whose units are CSS pixels, so that text
 * keeps its size at every width.
 * @param {string} label what a screen reader says instead of the drawing
 * @param {...(Node|null)} children
 */
export function surface(label, ...children) {
  return svg("svg", { role: "img", "aria-label": label, class: "bnviz-svg" }, ...children);
}

/**
 * @param {SVGSVGElement} drawing
 * @param {number} width
 * @param {number} height
 */
export function resize(drawing, width, height) {
  set(drawing, { viewBox: `0 0 ${width} ${height}`, width, height });
}

// --- axes ----------------------------------------------------------------------------------------

/**
 * What an axis may be told. `at` is the axis line's y (bottom) or x (left); `grid` how far grid
 * lines reach into the plot. The name stands below a bottom axis, and above a left one's upper end.
 * @typedef {object} AxisOptions
 * @property {"bottom"|"left"} [side]
 * @property {number} at
 * @property {string} [title]
 * @property {number} [count] of ticks, about
 * @property {number[]} [ticks]
 * @property {(value: number) => string} [format]
 * @property {number} [grid]
 * @property {"start"|"middle"|"end"} [titleAt]
 */

/** @type {WeakMap<SVGGElement, string>} what an axis shows, as text */
const drawn = new WeakMap();

/**
 * Draw an axis into a `<g>` (emptied first): line, ticks, numbers, name with unit. One that shows
 * the same already is left as it is.
 * @param {SVGGElement} g
 * @param {Scale} scale
 * @param {AxisOptions} options
 */
export function axis(g, scale, options) {
  const { side = "bottom", at, title, count, grid = 0, titleAt = "middle" } = options;
  const format = options.format ?? scale.format;
  const ticks = (options.ticks ?? scale.ticks(count)).map((tick) => ({
    p: round(scale(tick)), text: format(tick),
  }));
  const [start, end] = scale.range;
  const shown = JSON.stringify([side, at, title, grid, titleAt, ticks, start, end]);
  if (drawn.get(g) === shown) return;
  drawn.set(g, shown);
  /** @type {Node[]} */
  const parts = [];
  const bottom = side === "bottom";
  for (const { p, text } of ticks) {
    if (grid) parts.push(rule("bnviz-grid", bottom ? [p, at, p, at - grid] : [at, p, at + grid, p]));
    parts.push(rule("bnviz-axis", bottom ? [p, at, p, at + 4] : [at - 4, p, at, p]));
    parts.push(
      bottom
        ? label(text, { x: p, y: at + 16, "text-anchor": "middle" })
        : label(text, { x: at - 7, y: p + 4, "text-anchor": "end" }),
    );
  }
  parts.push(rule("bnviz-axis", bottom ? [start, at, end, at] : [at, start, at, end]));
  if (title && bottom) {
    const x = { start, middle: (start + end) / 2, end }[titleAt];
    parts.push(label(title, { x, y: at + 33, "text-anchor": titleAt, class: "bnviz-title" }));
  } else if (title) {
    const y = Math.min(start, end) - 10;
    parts.push(label(title, { x: 2, y, "text-anchor": "start", class: "bnviz-title" }));
  }
  g.replaceChildren(...parts);
}

/**
 * Pixels that the numbers of a left axis need, for the plot's left edge.
 * @param {Scale} scale
 * @param {{count?: number, ticks?: number[], format?: (value: number) => string}} axis
 */
export function leftRoom(scale, { count, ticks = scale.ticks(count), format = scale.format }) {
  const longest = Math.max(0, ...ticks.map((tick) => format(tick).length));
  return Math.max(34, Math.ceil(longest * 6.3) + 12);
}

/**
 * A line from [x1, y1] to [x2, y2] of a CSS class.
 * @param {string} className
 * @param {number[]} ends
 */
export function rule(className, [x1, y1, x2, y2]) {
  return svg("line", { class: className, x1, y1, x2, y2 });
}

/**
 * A text in the drawing.
 * @param {string|number} text
 * @param {Object<string, string|number|null>} [attributes]
 */
export function label(text, attributes = {}) {
  return svg("text", { class: "bnviz-text", ...attributes }, String(text));
}

/**
 * Where labels go that want to stand at these heights, so that none covers another.
 * @param {number[]} wanted pixels
 * @param {number} gap least distance
 * @param {[number, number]} room the least and the largest pixel
 * @returns {number[]} in the order of `wanted`
 */
export function spreadOut(wanted, gap, [low, high]) {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  const places = order.map((i) => Math.min(Math.max(wanted[i], low), high));
  for (let k = 1; k < places.length; k += 1) places[k] = Math.max(places[k], places[k - 1] + gap);
  let limit = high;
  for (let k = places.length - 1; k >= 0; k -= 1) {
    places[k] = Math.min(places[k], limit);
    limit = places[k] - gap;
  }
  /** @type {number[]} */
  const result = [];
  order.forEach((i, k) => {
    result[i] = places[k];
  });
  return result;
}

/**
 * Names stand beside the right ends of their lines, and none covers another.
 * @param {SVGElement[]} names
 * @param {number[]} ends pixels; NaN for a name that is not to be seen
 * @param {{x: Scale, y: Scale}} plot
 */
export function nameEnds(names, ends, { x, y }) {
  const [base, top] = y.range;
  const heights = spreadOut(ends.filter((end) => !Number.isNaN(end)), 14, [top + 4, base]);
  names.forEach((name, i) => {
    const seen = !Number.isNaN(ends[i]);
    set(name, {
      x: x.range[1] + 8, y: seen ? Number(heights.shift()) + 4 : 0, display: seen ? null : "none",
    });
  });
}

// --- paths ---------------------------------------------------------------------------------------

/**
 * `d` of a polyline; what is not finite lifts the pen.
 * @param {ArrayLike<number>} xs
 * @param {ArrayLike<number>} ys
 */
export function linePath(xs, ys) {
  let d = "";
  let pen = "M";
  for (let i = 0; i < xs.length; i += 1) {
    if (!Number.isFinite(xs[i]) || !Number.isFinite(ys[i])) {
      pen = "M";
      continue;
    }
    d += `${pen}${round(xs[i])} ${round(ys[i])}`;
    pen = "L";
  }
  return d;
}

/**
 * `d` of the area between two lines over the same xs; what is not finite ends one area.
 * @param {ArrayLike<number>} xs
 * @param {ArrayLike<number>} lows
 * @param {ArrayLike<number>} highs
 */
export function bandPath(xs, lows, highs) {
  let d = "";
  /** @type {string[]} */
  let up = [];
  /** @type {string[]} */
  let down = [];
  const close = () => {
    if (up.length) d += `M${up.join("L")}L${down.reverse().join("L")}Z`;
    up = [];
    down = [];
  };
  for (let i = 0; i < xs.length; i += 1) {
    if (!Number.isFinite(lows[i]) || !Number.isFinite(highs[i])) close();
    else {
      up.push(`${round(xs[i])} ${round(highs[i])}`);
      down.push(`${round(xs[i])} ${round(lows[i])}`);
    }
  }
  close();
  return d;
}

/**
 * `d` of a histogram's outline as steps.
 * @param {ArrayLike<number>} edges x of the B + 1 bin edges
 * @param {ArrayLike<number>} tops y of the B bars
 * @param {number} base y of zero; the outline starts and ends there
 */
export function stepPath(edges, tops, base) {
  let d = `M${round(edges[0])} ${round(base)}`;
  for (let b = 0; b < tops.length; b += 1) d += `V${round(tops[b])}H${round(edges[b + 1])}`;
  return `${d}V${round(base)}`;
}

/**
 * One decimal is enough for a pixel, and keeps paths short.
 * @param {number} pixel
 */
export function round(pixel) {
  return Math.round(pixel * 10) / 10;
}

// --- looks of a series -----------------------------------------------------------------------------

/**
 * Attributes of a line of this style.
 * @param {{key: string, dash?: string}} style
 */
export function stroke({ key, dash }) {
  return { stroke: `var(--bnviz-${key})`, "stroke-dasharray": dash || null, fill: "none" };
}

/**
 * Attributes of an area of this style, so light that several may lie on each other.
 * @param {{key: string}} style
 * @param {number} [opacity]
 */
export function tint({ key }, opacity = 0.18) {
  return { fill: `var(--bnviz-${key})`, "fill-opacity": opacity };
}

/**
 * A piece of a line for a legend, a table or a sentence.
 * @param {{key: string, dash?: string}} style
 * @param {{band?: boolean}} [options] band: on a tinted ground, as where an area goes with the line
 */
export function swatch(style, { band = false } = {}) {
  return svg(
    "svg",
    { width: 26, height: 14, "aria-hidden": "true", class: "bnviz-swatch" },
    band ? svg("rect", { y: 1, width: 26, height: 12, ...tint(style) }) : null,
    svg("path", { d: "M0 7H26", "stroke-width": 2.5, ...stroke(style) }),
  );
}

/**
 * A swatch, or another small mark, and its name.
 * @param {Node} mark
 * @param {...(string|Node)} name
 */
export function key(mark, ...name) {
  return html("span", { class: "bnviz-key" }, mark, ...name);
}
