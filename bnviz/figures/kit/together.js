// Lines that lie on each other and would read as one: which they are, how each of them stays seen,
// what is said of them, and where that stands. No page here: Node can run it too.

/** @typedef {{xs: number[], ys: number[]}} Line in pixels; NaN where there is nothing */
/** @typedef {{x: number, y: number, width: number, height: number}} Box */

const NEAR = 2; // pixels
const SHARE = 0.9; // of the places of an axis
const DASH = 8; // pixels of each line before the next is seen
const GAP = 6; // pixels between a label and all lines
const STEP = 3; // pixels from one place for a label to the next
// Pixels that a label would rather be farther away than have another line between, and for each
// pixel that it is too near to one.
const BETWEEN = 40;
const COVERS = 100;

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
  if (one.xs.length !== other.xs.length || one.xs.some((x, i) => x !== other.xs[i])) return false;
  let seen = 0;
  let near = 0;
  one.ys.forEach((y, i) => {
    if (Number.isNaN(y) && Number.isNaN(other.ys[i])) return;
    seen += 1;
    if (Math.abs(y - other.ys[i]) <= NEAR) near += 1;
  });
  return seen > 1 && near >= SHARE * seen;
}

/**
 * The dashes of a line that lies on others, so that they are seen in turn; null for the lowest one,
 * which keeps its own.
 * @param {number} rank in its group
 * @param {number} size of the group
 */
export function dashesOver(rank, size) {
  if (rank === 0) return null;
  return { "stroke-dasharray": `${DASH} ${DASH * (size - 1)}`, "stroke-dashoffset": -DASH * rank };
}

/**
 * What is said of them: "both: A and B", "all three: A, B and C".
 * @param {string[]} names
 */
export function saidTogether(names) {
  const count = ["both", "all three", "all four"][names.length - 2] ?? `all ${names.length}`;
  return `${count}: ${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;
}

/**
 * Where a label stands: off all lines and near its own, with none between them if that can be; and
 * the upright line that leads from it to its own.
 * @param {Line} line
 * @param {Line[]} others
 * @param {{width: number, height: number}} size of the label
 * @param {Box} area of the plot
 */
export function placeBeside(line, others, { width, height }, area) {
  let best = { x: area.x, y: area.y, leader: [0, 0, 0] };
  let least = Infinity;
  for (const share of [1, 0.75, 0.5, 0.25, 0]) {
    const x = area.x + share * Math.max(0, area.width - width);
    const middle = x + width / 2;
    const own = reach(line, x, x + width);
    const there = others.map((other) => reach(other, x, x + width));
    const [goal] = reach(line, middle, middle);
    for (let y = area.y; y + height <= area.y + area.height; y += STEP) {
      const from = goal < y ? y : y + height;
      const gap = Math.abs(goal - from);
      const free = Math.min(...[own, ...there].map((one) => distance(one, y, y + height)));
      const between = there.some(([high, low]) => Math.max(high, low) > Math.min(goal, from)
        && Math.min(high, low) < Math.max(goal, from));
      const cost = gap + (between ? BETWEEN : 0) + COVERS * Math.max(0, GAP - free);
      if (cost < least) [best, least] = [{ x, y, leader: [middle, from, goal] }, cost];
    }
  }
  return best;
}

/**
 * The highest and the lowest pixel of a line between two places; NaN where it is not there.
 * @param {Line} line
 * @param {number} from
 * @param {number} to
 */
function reach({ xs, ys }, from, to) {
  const known = xs.map((x, i) => [x, ys[i]]).filter(([x, y]) => Number.isFinite(x + y));
  const found = known.filter(([x]) => x >= from && x <= to).map(([, y]) => y);
  for (const x of [from, to]) {
    const next = known.findIndex(([place]) => place >= x);
    if (next < 1) continue;
    const [[x0, y0], [x1, y1]] = [known[next - 1], known[next]];
    found.push(y0 + ((x - x0) / (x1 - x0 || 1)) * (y1 - y0));
  }
  return found.length ? [Math.min(...found), Math.max(...found)] : [NaN, NaN];
}

/**
 * How far a line stays away from a box; below 0 where it enters it.
 * @param {number[]} line its highest and lowest pixel there
 * @param {number} top
 * @param {number} bottom
 */
function distance([high, low], top, bottom) {
  if (Number.isNaN(high)) return Infinity;
  return Math.max(top - low, high - bottom);
}
