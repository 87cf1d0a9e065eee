// One layer of one network: the band of its values over the steps, their histogram now, how many
// units are idle, and how large the gradient is.

import { bandPath, label, linePath, round, stroke, tint } from "../../kit/draw.js";
import { set, svg, write } from "../../kit/elements.js";
import { formatNumber, formatShare } from "../../kit/words.js";

/** @typedef {import("../../kit/draw.js").Style} Style */
/** @typedef {import("../../kit/scales.js").Scale} Scale */
/** @typedef {import("./history.js").Kept} Kept */
/** @typedef {{x: number, y: number, width: number, height: number}} Box */

const BAR = 7; // pixels of a bar's width
const NUMBERS = 62; // of the texts, where there is room for them
const TALL = 40; // pixels of a cell in which a text leaves the band to be seen
const BROAD = 120; // and across
const UNSEEN = 0.001; // a larger share of values outside of the histogram is said
const ROOMY = 250; // pixels of a cell from which there is
const GRADIENTS = [-8, 1]; // powers of ten at both ends of a gradient's bar

/**
 * Where the parts of a cell stand, from its left edge.
 * @param {number} width
 */
export function partsOf(width) {
  const numbers = width >= ROOMY ? NUMBERS : 0;
  const bars = width - numbers - 2 * BAR - 5;
  const histogram = Math.round(bars * 0.72);
  return { histogram, bars, numbers: numbers ? bars + 2 * BAR + 10 : null };
}

/** @param {Style} style */
export function cell(style) {
  const ground = svg("rect", { class: "bnviz-lab-ground" });
  const zero = svg("path", { class: "bnviz-lab-zero" });
  const band = svg("path", { ...stroke(style), ...tint(style, 0.2), "stroke-width": 1, "stroke-opacity": 0.7 });
  const middle = svg("path", { ...stroke(style), "stroke-width": 2 });
  const bars = svg("path", { ...stroke({ ...style, dash: "" }), ...tint(style, 0.35), "stroke-width": 1.2 });
  const rails = svg("path", { class: "bnviz-lab-rail", "stroke-width": BAR });
  const idle = svg("path", { class: "bnviz-lab-bar", "stroke-width": BAR });
  const gradient = svg("path", { class: "bnviz-lab-bar", "stroke-width": BAR });
  const texts = [label(""), label("")];
  const note = label("", { class: "bnviz-halo" });
  /** @type {Box} */
  let box = { x: 0, y: 0, width: 0, height: 0 };
  let parts = partsOf(0);

  const upright = (/** @type {number} */ x, /** @type {number} */ share) => {
    const end = Math.min(1, Math.max(0, share)) * box.height;
    return end > 0 ? `M${round(x)} ${box.y + box.height}v${-round(end)}` : "";
  };

  return {
    element: svg(
      "g", {}, ground, zero, band, middle, bars, rails, idle, gradient, ...texts, note,
    ),
    /** @param {Box} next */
    frame(next) {
      box = next;
      parts = partsOf(box.width);
      const [left, right] = [box.x + parts.bars + BAR / 2, box.x + parts.bars + 1.5 * BAR + 3];
      set(ground, { x: box.x, y: box.y, width: parts.bars - 4, height: box.height });
      set(rails, { d: [left, right].map((x) => `M${x} ${box.y}v${box.height}`).join("") });
      const at = box.x + (parts.numbers ?? 0);
      const center = box.y + box.height / 2;
      texts.forEach((text, i) =>
        set(text, {
          x: at, y: round(center + (i ? 13 : -2)), visibility: parts.numbers === null ? "hidden" : null,
        }),
      );
      set(note, { x: box.x + 5, y: round(box.y + Math.min(14, box.height - 2)) });
    },
    /**
     * Draw what was seen of the layer.
     * @param {object} seen
     * @param {Scale} seen.x of the steps, to the left end of the histogram
     * @param {Scale} seen.y of the values
     * @param {number[]} seen.steps
     * @param {Kept[]} seen.kept at those
     * @param {ArrayLike<number>} seen.counts now
     * @param {number} seen.beyond how many values now lie outside of the histogram
     * @param {number|null} seen.broken from which step on its loss was no number
     */
    draw({ x, y, steps, kept, counts, beyond, broken }) {
      const inside = (/** @type {number} */ value) =>
        Math.min(box.y + box.height, Math.max(box.y, y(value)));
      const xs = steps.map((step) => box.x + x(step));
      const [low, median, high] = [0, 1, 2].map((p) => kept.map((one) => inside(one.percentiles[p])));
      set(zero, { d: `M${box.x} ${round(y(0))}h${parts.bars - 4}` });
      set(band, { d: bandPath(xs, low, high) });
      set(middle, { d: linePath(xs, median) });
      set(bars, { d: sideways(counts) });
      const now = broken === null ? kept[kept.length - 1] : undefined;
      const strength = Math.log10(now?.gradient ?? 0);
      const [from, to] = GRADIENTS;
      set(idle, { d: upright(box.x + parts.bars + BAR / 2, now?.idle ?? 0) });
      set(gradient, {
        d: upright(box.x + parts.bars + 1.5 * BAR + 3, Number.isNaN(strength) ? 0 : (strength - from) / (to - from)),
      });
      write(texts[0], now ? formatShare(now.idle) : "");
      write(texts[1], now ? formatNumber(now.gradient, 2) : "");
      const lost = beyond / (Array.from(counts).reduce((a, b) => a + b, 0) + beyond);
      const words = box.height < TALL || box.width < BROAD ? "▴" : `${formatShare(lost)} beyond ±${y.domain[1]}`;
      const far = lost > UNSEEN ? words : "";
      write(note, broken === null ? far : "");
    },
  };

  /**
   * A histogram that grows to the right; its highest bar fills the room. Square roots, so that few
   * values are seen beside many.
   * @param {ArrayLike<number>} counts
   */
  function sideways(counts) {
    const most = Math.max(1, ...Array.from(counts));
    const start = box.x + parts.histogram;
    const room = parts.bars - 6 - parts.histogram;
    const step = box.height / counts.length;
    let d = "";
    let open = false;
    for (let b = 0; b < counts.length; b += 1) {
      const bottom = box.y + box.height - b * step;
      if (counts[b] > 0) {
        if (!open) d += `M${round(start)} ${round(bottom)}`;
        d += `H${round(start + room * Math.sqrt(counts[b] / most))}V${round(bottom - step)}`;
      } else if (open) d += `H${round(start)}`;
      open = counts[b] > 0;
    }
    return open ? `${d}H${round(start)}` : d;
  }
}
