// What a figure draws with: elements, scales, axes, paths, numbers as text.
// Everything is plain DOM. Text only ever enters the page through text nodes.

/** Make an HTML element. `onclick: f` adds a listener; null and false attributes are left out. */
export function html(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** Make an SVG element; arguments as in `html`. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(node, attributes, children) {
  set(node, attributes);
  node.append(...children.filter((child) => child != null));
  return node;
}

/** Set attributes and listeners of an element, as `html` and `svg` do. */
export function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value == null || value === false) node.removeAttribute(name);
    else node.setAttribute(name, value === true ? "" : value);
  }
  return node;
}

/**
 * The drawing surface of a figure: an `<svg role="img">` whose units are CSS pixels, so that text
 * keeps its size at every width. Resize it with `resize(surface, width, height)`.
 * @param {string} label what a screen reader says instead of the drawing
 */
export function surface(label, ...children) {
  return svg("svg", { role: "img", "aria-label": label, class: "bnviz-svg" }, ...children);
}

export function resize(surface, width, height) {
  set(surface, { viewBox: `0 0 ${width} ${height}`, width, height });
}

// --- scales --------------------------------------------------------------------------------------

/**
 * A linear scale: `x(value)` gives pixels, `x.invert(pixels)` the value, `x.ticks(count)` round
 * values, `x.format(value)` a tick's text.
 */
export function linear(domain, range) {
  const [d0, d1] = domain;
  const [r0, r1] = range;
  const factor = (r1 - r0) / (d1 - d0 || 1);
  const scale = (value) => r0 + (value - d0) * factor;
  let step = 1;
  return Object.assign(scale, {
    domain,
    range,
    invert: (pixel) => d0 + (pixel - r0) / (factor || 1),
    ticks(count = 5) {
      step = niceStep(Math.abs(d1 - d0), count);
      const first = Math.ceil(Math.min(d0, d1) / step - 1e-9);
      const last = Math.floor(Math.max(d0, d1) / step + 1e-9);
      return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
    },
    format: (value) => tickText(value, step),
  });
}

/** A base-10 logarithmic scale over a positive domain, with the same methods as `linear`. */
export function log(domain, range) {
  const inner = linear(domain.map(Math.log10), range);
  const [low, high] = domain;
  return Object.assign((value) => inner(Math.log10(value)), {
    domain,
    range,
    invert: (pixel) => 10 ** inner.invert(pixel),
    ticks(count = 5) {
      const decades = Math.log10(high / low);
      const multiples = decades < 1.5 ? [1, 2, 5] : [1];
      const every = Math.max(1, Math.ceil(decades / count));
      const ticks = [];
      for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e += 1) {
        if (multiples.length === 1 && e % every) continue;
        for (const m of multiples) ticks.push(m * 10 ** e);
      }
      return ticks.filter((t) => t >= low * 0.999 && t <= high * 1.001);
    },
    format: (value) => formatNumber(value, 1),
  });
}

function niceStep(span, count) {
  if (!(span > 0)) return 1;
  const rough = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((f) => f * power >= rough * 0.999);
  return factor * power;
}

function tickText(value, step) {
  if (Math.abs(value) < step * 1e-6) return "0";
  if (Math.abs(value) >= 1e6 || step < 1e-4) return formatNumber(value);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return group(value.toFixed(decimals));
}

// --- numbers as text -----------------------------------------------------------------------------

/** Three significant digits, a real minus sign, powers of ten where they read better. */
export function formatNumber(value, digits = 3) {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) {
    const [mantissa, exponent] = value.toExponential(Math.max(0, digits - 1)).split("e");
    const m = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
    const power = `10${superscript(Number(exponent))}`;
    return minus(m === "1" ? power : `${m}×${power}`);
  }
  const text = size >= 10 ** digits ? value.toFixed(0) : value.toPrecision(digits);
  return group(text);
}

/** A whole number, with thin spaces from 10 000 on. */
export function formatInteger(value) {
  return group(String(Math.round(value)));
}

/** A share from 0 to 1 as per cent: "0 %", "0.4 %", "37 %". Never rounds something to nothing. */
export function formatShare(share) {
  if (Number.isNaN(share)) return "–";
  const percent = 100 * share;
  if (percent > 0 && percent < 0.05) return "<0.1 %";
  return `${percent < 9.95 && percent > 0 ? percent.toFixed(1) : percent.toFixed(0)} %`;
}

function group(text) {
  const [whole, rest] = text.split(".");
  const digits = whole.replace("-", "").length;
  const grouped = digits > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") : whole;
  return minus(rest ? `${grouped}.${rest}` : grouped);
}

function minus(text) {
  return text.replace("-", "−");
}

function superscript(integer) {
  return String(integer).replace(/./g, (c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"["0123456789".indexOf(c)] ?? "⁻");
}

// --- axes and marks ------------------------------------------------------------------------------

/**
 * Draw an axis into a `<g>` (emptied first): line, ticks, numbers, name with unit.
 * @param {SVGGElement} g
 * @param {function} scale from `linear` or `log`
 * @param {{side?: "bottom"|"left", at: number, title?: string, count?: number, ticks?: number[],
 *   format?: (value: number) => string, grid?: number, titleAt?: "start"|"middle"|"end"}} options
 *   `at` is the axis line's y (bottom) or x (left); `grid` how far grid lines reach into the plot.
 *   The name stands below a bottom axis, and above the upper end of a left one.
 */
export function axis(g, scale, options) {
  const { side = "bottom", at, title, count, grid = 0, titleAt = "middle" } = options;
  const ticks = options.ticks ?? scale.ticks(count);
  const format = options.format ?? scale.format;
  const [start, end] = scale.range;
  const parts = [];
  const bottom = side === "bottom";
  for (const tick of ticks) {
    const p = round(scale(tick));
    if (grid) parts.push(rule("bnviz-grid", bottom ? [p, at, p, at - grid] : [at, p, at + grid, p]));
    parts.push(rule("bnviz-axis", bottom ? [p, at, p, at + 4] : [at - 4, p, at, p]));
    parts.push(
      bottom
        ? label(format(tick), { x: p, y: at + 16, "text-anchor": "middle" })
        : label(format(tick), { x: at - 7, y: p + 4, "text-anchor": "end" }),
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

/** Pixels that the numbers of a left axis need, for the plot's left edge. */
export function leftRoom(scale, count, format = scale.format) {
  const longest = Math.max(0, ...scale.ticks(count).map((tick) => format(tick).length));
  return Math.max(34, Math.ceil(longest * 6.3) + 12);
}

/** A line from [x1, y1] to [x2, y2] of a CSS class. */
export function rule(className, [x1, y1, x2, y2]) {
  return svg("line", { class: className, x1, y1, x2, y2 });
}

/** A text in the drawing. */
export function label(text, attributes) {
  return svg("text", { class: "bnviz-text", ...attributes }, String(text));
}

/** `d` of a polyline; a NaN lifts the pen. Pixels in, pixels out. */
export function linePath(xs, ys) {
  let d = "";
  let pen = "M";
  for (let i = 0; i < xs.length; i += 1) {
    if (Number.isNaN(ys[i])) {
      pen = "M";
      continue;
    }
    d += `${pen}${round(xs[i])} ${round(ys[i])}`;
    pen = "L";
  }
  return d;
}

/** `d` of the area between two lines over the same xs, in pixels. */
export function bandPath(xs, lows, highs) {
  const up = [];
  const down = [];
  for (let i = 0; i < xs.length; i += 1) {
    if (Number.isNaN(lows[i]) || Number.isNaN(highs[i])) continue;
    up.push(`${round(xs[i])} ${round(highs[i])}`);
    down.push(`${round(xs[i])} ${round(lows[i])}`);
  }
  return up.length ? `M${up.join("L")}L${down.reverse().join("L")}Z` : "";
}

/**
 * `d` of a histogram's outline as steps, in pixels.
 * @param {ArrayLike<number>} edges pixel x of the B + 1 bin edges
 * @param {ArrayLike<number>} tops pixel y of the B bars
 * @param {number} base pixel y of zero; the outline starts and ends there
 */
export function stepPath(edges, tops, base) {
  let d = `M${round(edges[0])} ${round(base)}`;
  for (let b = 0; b < tops.length; b += 1) d += `V${round(tops[b])}H${round(edges[b + 1])}`;
  return `${d}V${round(base)}`;
}

/** One decimal is enough for a pixel, and keeps paths short. */
export function round(pixel) {
  return Math.round(pixel * 10) / 10;
}

/**
 * Colour and dash of a series, the same in every figure: see `series_styles` in base.py.
 * @param {{color: number, dash: string}} style an entry of `spec.styles`
 */
export function stroke({ color, dash }) {
  return { stroke: `var(--bnviz-series-${color})`, "stroke-dasharray": dash || null, fill: "none" };
}

/** A fill of a series' colour, so light that several may lie on each other. */
export function tint({ color }, opacity = 0.18) {
  return { fill: `var(--bnviz-series-${color})`, "fill-opacity": opacity, stroke: "none" };
}
