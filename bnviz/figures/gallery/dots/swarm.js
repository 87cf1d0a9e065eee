// Where dots stand that would cover each other, and what they look like. No page here.

/**
 * How far each dot steps aside, so that none covers another: the nearer to the line the better.
 * The same values give the same places. Where there is no room left, dots may touch.
 * @param {ArrayLike<number>} along pixels along the line; NaN for a dot that is not there
 * @param {number} size of a dot
 * @param {number} room how far a dot may step aside
 * @returns {number[]} pixels beside the line
 */
export function swarm(along, size, room) {
  const order = Array.from(along, (_, i) => i)
    .filter((i) => !Number.isNaN(along[i]))
    .sort((a, b) => along[a] - along[b] || a - b);
  const aside = Array.from(along, () => 0);
  /** @type {number[]} */
  const placed = [];
  for (const i of order) {
    const near = placed.filter((j) => along[i] - along[j] < size);
    let best = 0;
    let least = Infinity;
    for (let step = 0; step <= Math.floor((2 * room) / STEP) + 1 && least > 0; step += 1) {
      const place = (step % 2 ? 1 : -1) * Math.ceil(step / 2) * STEP;
      if (Math.abs(place) > room) continue;
      let covered = 0;
      for (const j of near) {
        covered += Math.max(0, size - Math.hypot(along[i] - along[j], place - aside[j]));
      }
      if (covered < least - 1e-9) [best, least] = [place, covered];
    }
    aside[i] = best;
    placed.push(i);
  }
  return aside;
}

const STEP = 1.5;

/**
 * The radius of the dots: as large as lanes of this pitch can hold with next to no overlap.
 * @param {number[][]} lanes where the dots of each lane stand along it; NaN for one that is not
 *   there
 * @param {number} pitch of a lane, in pixels
 */
export function dotRadius(lanes, pitch) {
  for (let r = Math.max(SMALLEST, Math.min(LARGEST, pitch / 4.4)); r > SMALLEST; r -= 0.5) {
    const side = Math.floor((pitch - 2 * r) / (2 * r + 0.5)) + 1;
    if (lanes.every((along) => crowd(along, 1.4 * r) <= side)) return r;
  }
  return SMALLEST;
}

const LARGEST = 4;
const SMALLEST = 2;

/**
 * How many dots at most want to stand within `size` of each other.
 * @param {number[]} along
 * @param {number} size
 */
function crowd(along, size) {
  const sorted = along.filter((v) => !Number.isNaN(v)).sort((a, b) => a - b);
  let most = 0;
  let first = 0;
  sorted.forEach((v, i) => {
    while (v - sorted[first] >= size) first += 1;
    most = Math.max(most, i - first + 1);
  });
  return most;
}

/**
 * `d` of dots. The style's key decides the form: colors are never the only cue.
 * @param {string} key
 * @param {ArrayLike<number>} xs NaN for a dot that is not there
 * @param {ArrayLike<number>} ys
 * @param {number} r
 */
export function dotPath(key, xs, ys, r) {
  const form = FORMS[key] ?? FORMS.with;
  let d = "";
  for (let i = 0; i < xs.length; i += 1) {
    if (!Number.isNaN(xs[i]) && !Number.isNaN(ys[i])) d += `M${tenth(xs[i])} ${tenth(ys[i])}${form(r)}`;
  }
  return d;
}

/** True for forms that are drawn as an outline. @param {string} key */
export function hollow(key) {
  return key === "without";
}

/** @param {number} r */
const circle = (r) => `m${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
/** @param {number} r */
const diamond = (r) => polygon(0, -1.25 * r, 1.25 * r, 1.25 * r, -1.25 * r, 1.25 * r, -1.25 * r, -1.25 * r);
/** @param {number} r */
const square = (r) => polygon(-0.9 * r, -0.9 * r, 1.8 * r, 0, 0, 1.8 * r, -1.8 * r, 0);
/** @param {number} r */
const triangle = (r) => polygon(0, -1.15 * r, 1.15 * r, 2.1 * r, -2.3 * r, 0);

/** @type {Object<string, (r: number) => string>} by style, see paper.py */
const FORMS = { with: circle, without: circle, a: diamond, b: square, c: triangle, d: circle };

/**
 * The mark of a style, for a legend.
 * @param {string} key
 * @param {number} r
 */
export function dotMark(key, r) {
  const color = `var(--bnviz-${key})`;
  return {
    d: dotPath(key, [0], [0], r), fill: hollow(key) ? "none" : color, stroke: color,
    "stroke-width": hollow(key) ? 1.8 : 0,
  };
}

/** @param {...number} steps */
function polygon(...steps) {
  return `m${steps.slice(0, 2).map(tenth).join(" ")}l${steps.slice(2).map(tenth).join(" ")}z`;
}

/** @param {number} pixel */
function tenth(pixel) {
  return Math.round(pixel * 10) / 10;
}
