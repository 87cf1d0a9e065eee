// The images themselves, set at the values that a unit gives for them: a row for each series.
// Between the moments at which they were measured they move straight on.

import { label, round, stroke } from "../../kit/draw.js";
import { set, svg, write } from "../../kit/elements.js";
import { addUp, NO_MEANING, onAxis } from "./rows.js";

/** @typedef {import("../../kit/draw.js").Style} Style */
/** @typedef {import("../../kit/blob.js").Arrays} Arrays */

/**
 * What a probe knows of one series.
 * @typedef {object} Images
 * @property {Uint8Array} pixels (P × height × width), 0 … 255
 * @property {[number, number, number]} shape P, height, width
 * @property {(layer: number, updates: number) => Float32Array} places (P,) bytes on the axis of
 *   values after so many updates; NaN where there is no value
 */

const INKS = 4; // shades of a pixel
const LARGE = 70; // height of a row whose images are larger
const EDGE = 3; // pixels that stay free above and below a row

/**
 * The images of a series, as images.py put them into the arrays; null where there are none.
 * @param {Arrays} arrays
 * @param {number} s the series
 * @returns {Images|null}
 */
export function readImages(arrays, s) {
  const pixels = arrays[`images.${s}.pixels`];
  if (!pixels) return null;
  const [count, height, width] = pixels.shape;
  const moments = arrays[`images.${s}.steps`]; // updates before each
  const bytes = addUp(arrays[`images.${s}.places`], moments.length);
  const places = new Float32Array(count);
  return {
    pixels: /** @type {any} */ (pixels),
    shape: [count, height, width],
    places(layer, updates) {
      const { index, part } = between(moments, updates);
      for (let i = 0; i < count; i += 1) {
        const at = (layer * count + i) * moments.length + index;
        places[i] = onTheWay(bytes[at], bytes[at + 1], part);
      }
      return places;
    },
  };
}

/**
 * Between which moments a time lies: after the one at `index`, that share of the way to the next.
 * @param {ArrayLike<number>} moments ascending
 * @param {number} time
 */
export function between(moments, time) {
  let index = 0;
  while (index < moments.length - 2 && moments[index + 1] <= time) index += 1;
  const way = moments[index + 1] - moments[index];
  const part = way > 0 ? Math.min(Math.max((time - moments[index]) / way, 0), 1) : 0;
  return { index, part };
}

/**
 * @param {number} from
 * @param {number} to
 * @param {number} part of the way
 */
function onTheWay(from, to, part) {
  if (part < 1 && from === NO_MEANING) return NaN;
  if (part > 0 && to === NO_MEANING) return NaN;
  return part ? from + (to - from) * part : from;
}

/**
 * `d` of the pixels of each shade of an image, darkest first: rows of squares, joined where they
 * touch.
 * @param {ArrayLike<number>} pixels height × width, 0 … 255
 * @param {number} width
 * @param {number} size of a pixel on the page
 */
export function inkPaths(pixels, width, size) {
  const paths = Array.from({ length: INKS }, () => "");
  const ink = (/** @type {number} */ i) => Math.round((pixels[i] / 255) * INKS);
  for (let i = 0; i < pixels.length; ) {
    const shade = ink(i);
    let end = i + 1;
    while (end % width && end < pixels.length && ink(end) === shade) end += 1;
    if (shade) {
      const x = (i % width) * size;
      const y = Math.floor(i / width) * size;
      paths[INKS - shade] += `M${x} ${y}h${(end - i) * size}v${size}h${(i - end) * size}z`;
    }
    i = end;
  }
  return paths;
}

/**
 * One series' row of images.
 * @param {Style} style
 * @param {Images} images
 */
export function imageRow(style, images) {
  const [count, height, width] = images.shape;
  const swatch = svg("path", { ...stroke(style), "stroke-width": 2.5 });
  const cards = Array.from({ length: count }, (_, i) => {
    const pixels = images.pixels.subarray(i * height * width, (i + 1) * height * width);
    return card(style, pixels, height, width);
  });
  const none = label("", { class: "bnviz-alarm-text", "text-anchor": "middle" });
  const row = svg("g", { class: "bnviz-images" }, none, ...cards.map(({ element }) => element));
  const hidden = cards.map(() => false);
  let top = 0;
  let apart = 0; // from one image to the next, downwards
  /** @type {(byte: number) => number} */
  let x = () => 0;

  return {
    /** Belongs among the marks that end at the plot's edges. */
    row,
    swatch,
    /** @param {boolean} on */
    show(on) {
      set(row, { display: on ? null : "none" });
      set(swatch, { display: on ? null : "none" });
    },
    /**
     * @param {object} place
     * @param {import("../../kit/scales.js").Scale} place.scale of values
     * @param {{range: number[], log: boolean}} place.panel
     * @param {number} place.top pixel at which the row begins
     * @param {number} place.height of the row
     */
    frame({ scale, panel, top: first, height: room }) {
      const size = room > LARGE ? 3 : 2; // of a pixel
      top = first + EDGE + 1;
      apart = (room - 2 * EDGE - 2 - height * size) / Math.max(1, count - 1);
      x = (byte) => Math.round(scale(onAxis(byte, panel.range, panel.log)));
      for (const one of cards) one.frame(size);
      const middle = round(first + room / 2);
      set(swatch, { d: `M${scale.range[0] - 32} ${middle}h22` });
      set(none, { x: (scale.range[0] + scale.range[1]) / 2, y: middle + 4 });
    },
    /** @param {Float32Array} places bytes on the axis of values */
    draw(places) {
      let seen = 0;
      cards.forEach(({ element }, i) => {
        const away = Number.isNaN(places[i]);
        if (away !== hidden[i]) set(element, { visibility: away ? "hidden" : null });
        hidden[i] = away;
        if (away) return;
        const y = Math.round(top + i * apart);
        element.setAttribute("transform", `translate(${x(places[i])} ${y})`);
        seen += 1;
      });
      write(none, seen ? "" : "NaN for every image");
    },
  };
}

/**
 * An image on a ground of its own, so that those that lie on each other are a pile.
 * @param {Style} style
 * @param {Uint8Array} pixels
 * @param {number} height
 * @param {number} width
 */
function card({ key }, pixels, height, width) {
  const ground = svg("rect", { class: "bnviz-card", stroke: `var(--bnviz-${key})`, rx: 2 });
  const inks = Array.from({ length: INKS }, (_, k) =>
    svg("path", { class: "bnviz-ink", "fill-opacity": 1 - k / INKS }),
  );
  const image = svg("g", {}, ...inks);
  const element = svg("g", {}, ground, image);
  let drawn = 0;
  return {
    element,
    /** @param {number} size of a pixel */
    frame(size) {
      if (drawn === size) return;
      drawn = size;
      const [w, h] = [width * size, height * size];
      set(ground, { x: -w / 2 - 1, y: -1, width: w + 2, height: h + 2 });
      set(image, { transform: `translate(${-w / 2} 0)` });
      inkPaths(pixels, width, size).forEach((d, k) => set(inks[k], { d }));
    },
  };
}
