// The layers of the networks: a row for each layer, a column for each network.

import { label, resize, round, surface } from "../../kit/draw.js";
import { set, svg, write } from "../../kit/elements.js";
import { linear } from "../../kit/scales.js";
import { fixed, formatNumber, formatShare } from "../../kit/words.js";
import { cell, partsOf } from "./cell.js";
import { axisEnd } from "./history.js";

/** @typedef {import("../../kit/draw.js").Style} Style */
/** @typedef {import("./history.js").History} History */
/** @typedef {import("./trainer/worker.js").Seen} Seen */

const LEFT = [26, 44]; // pixels of the axes, narrow and wide; as in lab.css
const GAP = 14; // between two networks
const WIDE = 500; // pixels
const TOP = 16; // of the names above the columns
const BOTTOM = 18; // of the axis of steps
const LEAST = 17; // of a row
const FULL = 26; // pixels of a row from which both ends of its values are said
const UPRIGHT = 46; // pixels of a row beside which its name can stand upright

/**
 * @param {Style[]} styles of the networks
 * @param {number} depth
 */
export function layers(styles, depth) {
  const rows = Array.from({ length: depth }, (_, l) => ({
    name: label(`layer ${l + 1}`, { class: "bnviz-lab-layer" }),
    ends: [label(""), label("")],
    cells: styles.map(cell),
  }));
  const heads = styles.map(() => ({
    now: label("now", { "text-anchor": "middle" }),
    idle: label("", { "text-anchor": "end" }),
    steps: label("", { "text-anchor": "end" }),
    zero: label("0"),
  }));
  const explosions = styles.map(() => label("", { class: "bnviz-halo bnviz-alarm-text" }));
  const element = surface(
    "",
    ...heads.flatMap((head) => Object.values(head)),
    ...rows.flatMap(({ name, ends, cells }) => [...cells.map((one) => one.element), name, ...ends]),
    ...explosions,
  );
  let parts = partsOf(0);
  let tops = [0];
  let high = 0;

  return {
    element,
    /** Pixels that it needs. */
    least: TOP + BOTTOM + LEAST * depth,
    /** @param {number} width @param {number} height */
    frame(width, height) {
      resize(element, width, height);
      const left = LEFT[Number(width >= WIDE)];
      const across = (width - left - GAP * (styles.length - 1)) / styles.length;
      const gap = depth > 6 ? 4 : 8;
      high = (height - TOP - BOTTOM - gap * (depth - 1)) / depth;
      tops = rows.map((_, l) => TOP + l * (high + gap));
      parts = partsOf(across);
      rows.forEach(({ name, ends, cells }, l) => {
        const [middle, turned] = [tops[l] + high / 2, width < WIDE && high >= UPRIGHT];
        write(name, (width < WIDE && !turned) || high < FULL ? String(l + 1) : `layer ${l + 1}`);
        set(name, {
          x: 0, y: turned ? 0 : middle + 4, "text-anchor": turned ? "middle" : "start",
          transform: turned ? `translate(8 ${middle}) rotate(-90)` : null,
          style: turned ? "font-size:10px" : null,
        });
        const shown = high >= FULL;
        ends.forEach((end, i) =>
          set(end, {
            x: left - 5, y: i ? tops[l] + high : tops[l] + 9, "text-anchor": "end",
            visibility: shown ? null : "hidden",
          }),
        );
        cells.forEach((one, n) =>
          one.frame({ x: left + n * (across + GAP), y: tops[l], width: across, height: high }),
        );
      });
      heads.forEach(({ now, idle, steps, zero }, n) => {
        const x = left + n * (across + GAP);
        const base = height - 5;
        set(now, {
          x: x + (parts.histogram + parts.bars) / 2, y: 11,
          visibility: parts.numbers === null ? "hidden" : null, // the next words take its place
        });
        set(idle, { x: x + across, y: 11 });
        write(idle, parts.numbers === null ? "idle, grad." : "idle, gradient");
        set(steps, { x: x + parts.histogram, y: base });
        set(zero, { x, y: base });
        set(explosions[n], { x: x + 5, y: round(TOP + Math.min(14, high - 2)) });
      });
    },
    /**
     * @param {History} history
     * @param {Seen|null} report the newest; null before the first step
     */
    draw({ moments, broken }, report) {
      const end = axisEnd(report?.steps ?? 0);
      const x = linear([0, end], [0, Math.max(1, parts.histogram - 3)]);
      const steps = moments.map(({ step }) => step);
      const narrow = parts.numbers === null;
      for (const head of heads) write(head.steps, `${fixed(end)}${narrow ? "" : " steps"}`);
      explosions.forEach((text, n) => write(text, broken[n] == null ? "" : `NaN from${narrow ? "" : " step"} ${broken[n]}`));
      rows.forEach(({ ends, cells }, l) => {
        const reach = report?.reach[l] ?? 4;
        const y = linear([-reach, reach], [tops[l] + high, tops[l]]);
        write(ends[0], `${reach}`);
        write(ends[1], `−${reach}`);
        cells.forEach((one, n) =>
          one.draw({
            x, y, steps,
            kept: moments.map((moment) => moment.layers[n][l]),
            counts: report?.looks[n]?.[l].counts ?? [],
            beyond: report?.looks[n]?.[l].beyond ?? 0,
            broken: broken[n] ?? null,
          }),
        );
      });
    },
    /**
     * Say in words what is seen.
     * @param {string[]} labels
     * @param {Seen|null} report
     */
    describe(labels, report) {
      set(element, { "aria-label": inWords(labels, report) });
    },
  };
}

/**
 * @param {string[]} labels
 * @param {Seen|null} report
 */
function inWords(labels, report) {
  if (!report?.looks.length) return "The layers of the networks, before the first step.";
  const networks = labels.map((name, n) => {
    const each = report.looks[n].map(
      ({ std, idle, gradient }, l) =>
        `layer ${l + 1} ${formatNumber(std, 2)}, idle ${formatShare(idle)}, gradient ${formatNumber(gradient, 2)}`,
    );
    return `${name}: standard deviation in ${each.join("; ")}.`;
  });
  return `Step ${fixed(report.steps)}. ${networks.join(" ")}`;
}
