// The axes of x, x̂ and y under each other, a line through them for every sample.

import { axis, label, resize, round, surface } from "../../kit/draw.js";
import { set, svg, write } from "../../kit/elements.js";
import { dragging } from "../../kit/plot.js";
import { linear } from "../../kit/scales.js";
import { tidy } from "../../kit/words.js";
import { makeBadge, makeGrip } from "./grip.js";

/** @typedef {import("./arithmetic.js").Batch} Batch */
/** @typedef {import("../../kit/scales.js").Scale} Scale */

const SIDE = 20; // room for half a number at both ends, and for what lies beyond
const HEAD = 22; // for a row's name above its band
const APART = 10; // between its name and its numbers
const FOOT = 20; // for the numbers below the axis line
const NAMES = [
  ["x: one unit’s values for a mini-batch", "x"], ["x̂ = (x − μ) / √(σ² + ε)", "x̂"],
  ["y = γ x̂ + β", "y"],
];
const KEYS = ["d", "a", "a"]; // before and after: orange and blue tell networks apart
const LONGEST = "−0.0000"; // a number in a heading
const REACH = 24; // pixels from a sample that still take hold of it

/** What a heading says of a row, the less room there is the less. */
const SAYINGS = [
  (/** @type {string} */ mean, /** @type {string} */ std) =>
    `mean μ = ${mean} · standard deviation σ = ${std}`,
  (/** @type {string} */ mean, /** @type {string} */ std) => `mean ${mean} · standard deviation ${std}`,
  (/** @type {string} */ _, /** @type {string} */ std) => `standard deviation ${std}`,
];

/**
 * @param {{range: number[], reach: number, largest: number, rows: number, digits: number,
 *   controls: string[], alt: string}} spec
 * @param {import("../../kit/text.js").Ruler} ruler
 * @param {object} on
 * @param {(index: number) => void} on.choose a sample is pointed at
 * @param {(index: number, value: number) => void} on.move and dragged to this x
 * @param {() => void} on.release and let go
 */
export function makeRows(spec, ruler, on) {
  const movable = spec.controls.includes("sample");
  const each = Array.from({ length: spec.largest }, (_, i) => i);
  const threads = each.map(() => svg("path", { class: "bnviz-batch-thread" }));
  const rows = Array.from({ length: spec.rows }, (_, r) => makeRow(r, each, ruler));
  const grip = makeGrip(movable);
  const element = surface(
    spec.alt,
    ...rows.map((row) => row.ground),
    svg("g", {}, ...threads),
    ...rows.map((row) => row.element),
    ...rows.map((row) => row.badge.element),
    grip.element,
  );
  if (movable) rows[0].dots.forEach((dot) => dot.classList.add("bnviz-batch-movable"));

  /** @type {Scale[]} */
  let scales = [];
  let width = 0;
  let top = -1; // the sample whose marks are drawn above the others
  /** @type {Batch|null} */
  let shown = null;

  // --- taking hold of a sample: by its dot, or the chosen one by its grip -------------------------

  /** @type {{index: number, from: number, value: number}|null} */
  let held = null;
  /** @param {PointerEvent} event */
  function nearest(event) {
    if (!shown) return -1;
    const at = event.clientX - element.getBoundingClientRect().left;
    const gaps = shown.rows[0].values.map((v) => Math.abs(scales[0](v) - at));
    const least = Math.min(...gaps);
    if (least > REACH) return -1;
    return gaps[top] === least ? top : gaps.indexOf(least);
  }
  /** @param {PointerEvent} event */
  function take(event, index = nearest(event)) {
    held = null;
    if (index < 0 || !shown) return false;
    held = { index, from: event.clientX, value: shown.rows[0].values[index] };
    return true;
  }
  /** @param {PointerEvent} event */
  function pull(event) {
    if (!held) return;
    const by = event.clientX - held.from;
    on.choose(held.index);
    if (!movable || by === 0 || event.type === "pointerup") return; // a tap chooses
    grip.used();
    on.move(held.index, scales[0].invert(scales[0](held.value) + by));
  }
  const drop = () => {
    held = null;
    on.release();
  };
  dragging(rows[0].marks, { start: take, move: pull, end: drop });
  if (movable) dragging(grip.target, { start: (event) => take(event), move: pull, end: drop });
  rows.slice(1).forEach((row) =>
    row.dots.forEach((dot, i) => dot.addEventListener("click", () => on.choose(i))),
  );

  return {
    element,
    /**
     * @param {number} wide
     * @param {number} high
     */
    frame(wide, high) {
      width = wide;
      resize(element, width, high);
      const range = [SIDE, width - SIDE];
      const inner = linear([-spec.reach, spec.reach], range);
      scales = [linear(spec.range, range), inner, inner];
      rows.forEach((row, r) => row.frame(r, scales[r], (high / rows.length) | 0, width));
      top = -1;
    },
    /**
     * @param {Batch} batch
     * @param {Batch} before the reader's move
     * @param {number} chosen
     * @param {number} digits of x
     */
    show(batch, before, chosen, digits) {
      shown = batch;
      const size = batch.rows[0].values.length;
      const at = rows.map((row, r) => row.show(batch, before, r, scales[r], digits, width));
      threads.forEach((thread, i) => {
        const points = i < size ? rows.map((row, r) => `${at[r][i]} ${row.track}`) : [];
        set(thread, { d: points.length ? `M${points.join("L")}` : null });
      });
      if (top !== chosen) {
        for (const marks of [threads, ...rows.map((row) => row.dots)]) {
          marks[top]?.classList.remove("bnviz-batch-chosen");
          marks[chosen].classList.add("bnviz-batch-chosen");
          marks[chosen].parentNode?.append(marks[chosen]);
        }
        top = chosen;
      }
      rows.forEach((row, r) => row.badge.show(at[r][chosen], row.track, chosen));
      grip.show(at[0], rows[0].track, chosen, width);
      const text = describe(batch, digits, spec.rows > 2);
      if (element.getAttribute("aria-label") !== text) set(element, { "aria-label": text });
    },
  };
}

/**
 * One axis with its name, its mean and standard deviation, and a dot for every sample.
 * @param {number} r
 * @param {number[]} each
 * @param {import("../../kit/text.js").Ruler} ruler
 */
function makeRow(r, each, ruler) {
  const key = KEYS[r];
  const band = svg("rect", { fill: `var(--bnviz-${key})`, "fill-opacity": 0.16 });
  const mean = svg("line", { stroke: `var(--bnviz-${key})`, "stroke-width": 2 });
  const lines = svg("g");
  const name = label("", { class: "bnviz-strong bnviz-halo", x: 0 });
  const numbers = label("", { class: "bnviz-title bnviz-halo", "text-anchor": "end" });
  const ends = ["start", "end"].map((side) =>
    label("", { class: "bnviz-strong bnviz-halo", "text-anchor": side, style: `fill:var(--bnviz-${key})` }),
  );
  const rings = each.map(() => svg("circle", { class: "bnviz-batch-before", r: 5 }));
  const dots = each.map(() => {
    const dot = svg("circle", { class: "bnviz-batch-dot", r: r ? 6 : 7.5, fill: `var(--bnviz-${key})` });
    return svg("g", {}, svg("circle", { r: 16, fill: "transparent" }), dot);
  });
  const marks = svg("g", {}, ...dots);
  let say = SAYINGS[0];
  const self = {
    ground: svg("g", {}, band, mean),
    element: svg("g", {}, lines, name, numbers, ...ends, svg("g", {}, ...rings), marks),
    badge: makeBadge(key, r ? 9.5 : 11),
    marks,
    dots,
    track: 0, // the height at which the samples lie
    /**
     * @param {number} index
     * @param {Scale} scale
     * @param {number} high
     * @param {number} width
     */
    frame(index, scale, high, width) {
      const first = index * high;
      const floor = first + high - FOOT - Math.max(0, Math.round(0.4 * (high - 78)));
      self.track = (first + HEAD + floor) >> 1;
      axis(lines, scale, { at: floor, count: Math.max(4, Math.min(12, width / 48)) });
      set(band, { y: first + HEAD, height: floor - first - HEAD });
      set(mean, { y1: first + HEAD, y2: floor });
      set(name, { y: first + 14 });
      const headings = SAYINGS.slice(r ? 1 : 0) // μ and σ are those of x
        .flatMap((saying) => NAMES[r].map((text) => ({ text, saying })));
      const heading = headings.find(({ text, saying }) =>
        ruler(text, 12, 600) + APART + ruler(saying(LONGEST, LONGEST), 12) <= width,
      ) ?? headings[headings.length - 1];
      write(name, heading.text);
      say = heading.saying;
      set(numbers, { x: width, y: first + 14 });
      ends.forEach((end, i) => set(end, { x: i ? width : 0, y: first + HEAD + 10 }));
    },
    /**
     * @param {Batch} batch
     * @param {Batch} before
     * @param {number} index
     * @param {Scale} scale
     * @param {number} digits
     * @param {number} width
     * @returns {number[]} the pixel of each sample; beyond the axis, that of its end
     */
    show(batch, before, index, scale, digits, width) {
      const { values, mean: middle, std } = batch.rows[index];
      const still = before.rows[index].values;
      const inside = (/** @type {number} */ v) => round(Math.min(width, Math.max(0, scale(v))));
      const [low, high] = [inside(middle - std), inside(middle + std)];
      set(band, { x: low, width: Math.max(0, high - low) });
      const center = inside(middle);
      set(mean, { x1: center, x2: center });
      write(numbers, say(tidy(middle, index ? 3 : digits), tidy(std)));
      const beyond = [0, 0];
      const [first, last] = scale.domain;
      const places = values.map((value) => {
        if (value < first) beyond[0] += 1;
        if (value > last) beyond[1] += 1;
        return value < first ? 0 : value > last ? width : inside(value);
      });
      write(ends[0], beyond[0] ? `◂ ${beyond[0]}` : "");
      write(ends[1], beyond[1] ? `${beyond[1]} ▸` : "");
      dots.forEach((dot, i) => {
        const there = values[i] >= first && values[i] <= last;
        set(dot, {
          display: there ? null : "none",
          transform: there ? `translate(${places[i]} ${self.track})` : null,
        });
        const left = there && still[i] !== values[i] && still[i] >= first && still[i] <= last;
        set(rings[i], {
          display: left ? null : "none", cx: left ? inside(still[i]) : null, cy: self.track,
        });
      });
      return places;
    },
  };
  return self;
}

/**
 * @param {Batch} batch
 * @param {number} digits
 * @param {boolean} affine
 */
function describe({ rows }, digits, affine) {
  const [x, hat, y] = rows;
  const size = x.values.length;
  const text =
    `A batch of ${size} sample${size > 1 ? "s" : ""}: mean ${tidy(x.mean, digits)}, ` +
    `standard deviation ${tidy(x.std, 4)}. Normalized: standard deviation ${tidy(hat.std, 4)}.`;
  if (!affine) return text;
  return `${text} After γ and β: mean ${tidy(y.mean, 4)}, standard deviation ${tidy(y.std, 4)}.`;
}
