// One network's panel: its cloud on axes that all panels share, and a lens where it is small.

import { label, linePath, rule, stroke, swatch } from "../../kit/draw.js";
import { html, set, svg, write } from "../../kit/elements.js";
import { color, fitCanvas, inkAtlas } from "../../kit/ink.js";
import { plot } from "../../kit/plot.js";
import { fixed } from "../../kit/words.js";
import {
  ellipse, fillRange, freeCorner, magnification, nearestPoint, plain, readCloud, smallOnes,
} from "./clouds.js";

/** @typedef {import("../../kit/blob.js").Arrays} Arrays */
/** @typedef {import("./clouds.js").Point} Point */
/** @typedef {import("./clouds.js").Cloud} Cloud */
/** @typedef {{row: number, mode: number, marked: number, followed: number}} State */
/** @typedef {import("../../kit/draw.js").Style & {clouds: number[]}} Network */

const LEFT = 48; // room for the name and the numbers of the upright axis
const RIGHT = 8;
const TOP = 8;
const BELOW = { titled: 40, plain: 22 }; // room for those of the other one
const LENS = 0.46; // of the shorter side of the plot
const NEAR = 16; // pixels within which a point is meant
const ROOMY = 22; // pixels of a unit from which on images are larger
const DOT = 1.4;

/**
 * @param {any} spec
 * @param {Arrays} arrays
 * @param {Network} network
 */
export function makePanel(spec, arrays, network) {
  const clouds = network.clouds.map((index) => readCloud(arrays, index));
  const name = network.label || "The cloud";
  const chart = plot({ label: name });
  const pen = { ...stroke({ key: network.key }), "stroke-linecap": "round", "stroke-linejoin": "round" };
  const upright = label(spec.units[1], { class: "bnviz-title", "text-anchor": "middle" });
  const origin = svg("g");
  const way = svg("path", { ...pen, "stroke-width": 1.8 });
  const start = svg("circle", { ...pen, r: 4, "stroke-width": 1.6 });
  const outline = svg("path", { ...pen, "stroke-width": 2 });
  const links = svg("path", { class: "bnviz-drift-link" });
  const source = svg("rect", { class: "bnviz-drift-frame", fill: "none" });
  const glass = svg("rect", { class: "bnviz-drift-frame bnviz-drift-glass" });
  const large = svg("path", { ...pen, "stroke-width": 2 });
  const factorText = label("", { class: "bnviz-strong bnviz-halo" });
  const lens = svg("g", {}, links, source, glass, large, factorText);
  chart.marks.append(origin, way, start, outline);
  chart.over.append(upright, lens);

  const canvas = html("canvas", { class: "bnviz-drift-ink", "aria-hidden": "true" });
  const room = html("div", { class: "bnviz-room" }, chart.element, canvas);
  const reading = html("span", { class: "bnviz-drift-reading" });
  const alarm = html("span", { class: "bnviz-alarm", hidden: true });
  const heading = html(
    "div",
    { class: "bnviz-drift-heading" },
    network.label
      ? html(
          "strong", { class: "bnviz-key bnviz-panel-name", title: network.label },
          swatch(network), html("span", {}, network.label),
        )
      : null,
    reading,
    alarm,
  );

  /** @type {CanvasRenderingContext2D} */
  let context;
  /** @type {ReturnType<typeof inkAtlas>|null} */
  let atlas = null;
  let ink = "";
  let unit = 1; // pixels
  let images = 0; // so many points are drawn as images, the others as dots
  let size = 0; // of an image, in pixels
  let area = { x: 0, y: 0, width: 0, height: 0 };
  /** @type {import("./clouds.js").Square[]} by mode, where the lens is */
  let corners = [];
  const places = new Float32Array(2 * clouds[0].count); // of all points, in pixels
  const enlarged = new Float32Array(2 * clouds[0].count); // the same under the lens
  let lensed = false;

  const pixel = (/** @type {Point} */ [x, y]) => /** @type {Point} */ ([chart.x(x), chart.y(y)]);
  const path = (/** @type {Point[]} */ points) =>
    linePath(points.map((point) => point[0]), points.map((point) => point[1]));

  return {
    element: html("div", { class: "bnviz-drift-panel" }, heading, room),

    /**
     * Axes, origin, size of everything: what stays while the reader scrubs.
     * @param {{titled: boolean}} options titled: with the name of the axis below
     */
    frame({ titled }) {
      const width = Math.floor(room.clientWidth);
      const height = Math.floor(room.clientHeight);
      const below = titled ? BELOW.titled : BELOW.plain;
      area = { x: LEFT, y: TOP, width: width - LEFT - RIGHT, height: height - TOP - below };
      const [across, up] = fillRange(spec.range, area.width, area.height);
      chart.frame({
        width, height, left: LEFT, right: RIGHT,
        x: { domain: across, title: titled ? spec.units[0] : undefined, count: Math.max(3, area.width / 60) },
        y: { domain: up, count: Math.max(3, area.height / 45) },
      });
      unit = chart.x(1) - chart.x(0);
      set(upright, { transform: `translate(12 ${area.y + area.height / 2}) rotate(-90)` });
      origin.replaceChildren(
        rule("bnviz-drift-origin", [chart.x(0), area.y, chart.x(0), area.y + area.height]),
        rule("bnviz-drift-origin", [area.x, chart.y(0), area.x + area.width, chart.y(0)]),
      );
      const short = Math.min(area.width, area.height);
      const longer = Math.max(area.width, area.height) - short; // the lens may use what is spare
      const side = Math.round(Math.min(0.85 * short, LENS * short + 0.3 * longer));
      corners = clouds.map((cloud) => freeCorner(smallOnes(cloud, unit, side).map(pixel), area, side));
      context = fitCanvas(canvas, width, height);
      size = unit > ROOMY ? 14 : 11;
      images = arrays.images ? Math.min(120, Math.max(24, Math.round(2.2 * unit))) : 0;
      this.tint();
    },

    /** Takes over the colors of the page. */
    tint() {
      ink = color(canvas, "text");
      atlas = arrays.images ? inkAtlas(arrays.images, size, ink, color(canvas, "surface")) : null;
    },

    /** @param {State} state */
    draw(state) {
      const { row, mode } = state;
      const cloud = clouds[mode];
      const points = cloud.points(row);
      for (let i = 0; i < points.length; i += 2) {
        places[i] = chart.x(points[i]);
        places[i + 1] = chart.y(points[i + 1]);
      }
      set(way, { d: path(Array.from({ length: row + 1 }, (_, i) => pixel(cloud.mean(i)))) });
      mark(start, pixel(cloud.mean(0)));
      const oval = ellipse(cloud.mean(row), cloud.covariance(row));
      set(outline, { d: path(oval.map(pixel)) });

      const corner = corners[mode];
      const factor = magnification(cloud.reach(row) * unit, corner.side);
      lensed = factor > 1;
      set(lens, { visibility: lensed ? null : "hidden" });
      if (lensed) magnify(cloud, row, factor, corner, oval);
      ink_(state, corner);
      writeNumbers(cloud, row, mode);
    },

    /**
     * Which image is at this place of the screen; -1 if none is.
     * @param {number} clientX
     * @param {number} clientY
     */
    at(clientX, clientY) {
      const box = chart.element.getBoundingClientRect();
      /** @type {Point} */
      const place = [clientX - box.left, clientY - box.top];
      return nearestPoint(lensed ? enlarged : places, place, NEAR);
    },

    surface: chart.element,
    /** What a point is, for the text beside. @param {State} state */
    value({ row, mode, followed }) {
      const points = clouds[mode].points(row);
      return [points[2 * followed], points[2 * followed + 1]];
    },
  };

  /**
   * The lens, the square that it enlarges, and the points under it.
   * @param {Cloud} cloud
   * @param {number} row
   * @param {number} factor
   * @param {import("./clouds.js").Square} corner
   * @param {Point[]} oval
   */
  function magnify(cloud, row, factor, { x, y, side }, oval) {
    const [cx, cy] = pixel(cloud.center(row));
    const [mx, my] = [x + side / 2, y + side / 2];
    /** @type {(point: Point) => Point} */
    const under = ([h, v]) => [mx + (h - cx) * factor, my + (v - cy) * factor];
    for (let i = 0; i < places.length; i += 2) {
      [enlarged[i], enlarged[i + 1]] = under([places[i], places[i + 1]]);
    }
    const seen = Math.max(side / factor, 8);
    const [left, top] = [cx - seen / 2, cy - seen / 2];
    set(source, { x: left, y: top, width: seen, height: seen });
    set(glass, { x, y, width: side, height: side });
    // From the corners of the small square to those of the large one, where they are outermost.
    const slant = (left - x) * (top - y) > 0;
    const ends = slant ? [[0, 1], [1, 0]] : [[0, 0], [1, 1]];
    set(links, {
      d: ends
        .map(([h, v]) => `M${left + h * seen} ${top + v * seen}L${x + h * side} ${y + v * side}`)
        .join(""),
    });
    set(large, { d: path(oval.map(pixel).map(under)) });
    set(factorText, { x: x + 6, y: y + 16 });
    write(factorText, `×${fixed(factor)}`);
  }

  /**
   * @param {State} state
   * @param {import("./clouds.js").Square} corner
   */
  function ink_({ marked, followed }, corner) {
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = ink;
    context.strokeStyle = ink;
    const points = lensed ? enlarged : places;
    if (lensed) dots(places, (p) => p >= 0, 0.9, area);
    context.save();
    clip(lensed ? { ...corner, width: corner.side, height: corner.side } : area);
    const isImage = (/** @type {number} */ p) =>
      atlas !== null && (marked < 0 ? p < images : arrays.classes[p] === marked);
    dots(points, (p) => !isImage(p) && (marked < 0 || arrays.classes[p] !== marked), marked < 0 ? 0.5 : 0.3);
    if (!atlas && marked >= 0) dots(points, (p) => arrays.classes[p] === marked, 1, undefined, 3);
    for (let p = clouds[0].count - 1; p >= 0 && atlas; p -= 1) {
      if (p !== followed && isImage(p)) place(points, p);
    }
    place(points, followed);
    const [x, y] = [points[2 * followed], points[2 * followed + 1]];
    if (Number.isFinite(x + y)) {
      context.lineWidth = 1.6;
      context.beginPath();
      context.arc(x, y, 0.85 * (atlas ? size : 8), 0, 7);
      context.stroke();
    }
    context.restore();
  }

  /**
   * @param {Float32Array} points
   * @param {number} p
   */
  function place(points, p) {
    const [x, y] = [points[2 * p], points[2 * p + 1]];
    if (atlas && Number.isFinite(x + y)) atlas.draw(context, p, x, y);
  }

  /**
   * @param {Float32Array} points
   * @param {(p: number) => boolean} wanted
   * @param {number} alpha
   * @param {{x: number, y: number, width: number, height: number}} [within]
   * @param {number} [radius]
   */
  function dots(points, wanted, alpha, within, radius = DOT) {
    context.save();
    if (within) clip(within);
    context.globalAlpha = alpha;
    context.beginPath();
    for (let p = 0; p < clouds[0].count; p += 1) {
      const [x, y] = [points[2 * p], points[2 * p + 1]];
      if (!wanted(p) || !Number.isFinite(x + y)) continue;
      context.moveTo(x + radius, y);
      context.arc(x, y, radius, 0, 7);
    }
    context.fill();
    context.restore();
  }

  /** @param {{x: number, y: number, width: number, height: number}} within */
  function clip({ x, y, width, height }) {
    context.beginPath();
    context.rect(x, y, width, height);
    context.clip();
  }

  /**
   * @param {Cloud} cloud
   * @param {number} row
   * @param {number} mode
   */
  function writeNumbers(cloud, row, mode) {
    const spread = cloud.std(row).map(plain).join(", ");
    const missing = cloud.missing(row);
    reading.hidden = missing > 0; // there is room for one of them
    alarm.hidden = !missing;
    write(reading, `standard deviation ${spread}`);
    write(alarm, missing ? `${missing} of ${spec.points} NaN or infinite` : "");
    const words = [0, 1].map(
      (u) => `${spec.units[u]}: mean ${plain(cloud.mean(row)[u])}, standard deviation ${plain(cloud.std(row)[u])}`,
    );
    const modes = network.clouds[0] === network.clouds[1] ? "" : mode ? ", eval mode" : ", training mode";
    chart.describe(`${name}${modes}, step ${fixed(arrays.steps[row])}. ${words.join("; ")}.`);
  }
}

/**
 * @param {SVGCircleElement} circle
 * @param {Point} place
 */
function mark(circle, [x, y]) {
  const seen = Number.isFinite(x + y);
  set(circle, { cx: seen ? x : 0, cy: seen ? y : 0, visibility: seen ? null : "hidden" });
}
