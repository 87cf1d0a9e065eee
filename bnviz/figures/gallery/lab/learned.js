// What the networks have learned: how each reads a few images of the test set, or which spiral it
// sees at every place of the plane.

import { label, resize, round, stroke, surface } from "../../kit/draw.js";
import { set, svg, write } from "../../kit/elements.js";
import { formatShare } from "../../kit/words.js";
import { EDGE, NONE, PLACES } from "./trainer/answers.js";

/** @typedef {import("../../kit/draw.js").Style} Style */
/** @typedef {import("./trainer/data.js").Examples} Examples */

/**
 * @typedef {object} Drawing
 * @property {SVGElement[]} marks
 * @property {(width: number, height: number, shown: Examples) => void} frame
 * @property {(answers: Uint8Array[], shown: Examples) => void} draw
 * @property {(answers: Uint8Array, shown: Examples) => string} say
 */

const TOP = 16; // pixels of the title
const GAP = 6; // between two planes
const SMALL = 70; // pixels of a plane in which no words have room
const SWATCH = 15; // of what tells the networks apart, before what they read
const COLUMNS = 6; // of images
const SIDE = 8; // of an image, in its own pixels
const INKS = 4; // degrees of them
const LINES = [10, 14]; // pixels of a line of text, at least and at most

/**
 * @param {Style[]} styles of the networks
 * @param {string} data "digits" or "spirals"
 */
export function learned(styles, data) {
  const name = "what is learned";
  const title = label(name, { x: 2, y: 11, class: "bnviz-title" });
  const drawing = data === "spirals" ? planes(styles) : images(styles);
  const element = surface(name, title, ...drawing.marks);
  /** @type {Examples|null} */
  let framed = null;
  let [width, height] = [0, 0];

  return {
    element,
    /** @param {number} across @param {number} high */
    frame(across, high) {
      [width, height] = [across, high];
      framed = null;
      resize(element, width, height);
    },
    /**
     * @param {Examples|null} shown none before the first report
     * @param {Uint8Array[]|undefined} answers of each network
     */
    draw(shown, answers) {
      if (!shown || !answers) return;
      if (framed !== shown) {
        drawing.frame(width, height - TOP, shown);
        framed = shown;
      }
      drawing.draw(answers, shown);
    },
    /**
     * Say in words what is seen.
     * @param {string[]} labels
     * @param {Examples|null} shown
     * @param {Uint8Array[]|undefined} answers
     */
    describe(labels, shown, answers) {
      if (!shown || !answers) return;
      const each = labels.map((network, n) => `${network}: ${drawing.say(answers[n], shown)}.`);
      set(element, { "aria-label": `${name}: ${each.join(" ")}` });
    },
  };
}

/**
 * A plane for each network: its ground is what the network answers there, with points of the test set.
 * @param {Style[]} styles
 * @returns {Drawing}
 */
function planes(styles) {
  const parts = styles.map((style) => ({
    grounds: [0, 1].map((c) => svg("path", { class: `bnviz-lab-ground-${c}` })),
    points: [0, 1].map((c) => svg("path", { class: `bnviz-lab-point-${c}` })),
    holes: svg("path", { class: "bnviz-lab-hole" }), // rings and dots: color is not the only cue
    frame: svg("rect", { ...stroke(style), "stroke-width": 2 }),
    none: label("", { "text-anchor": "middle", class: "bnviz-halo bnviz-alarm-text" }),
  }));
  let place = 0; // pixels
  /** @type {number[][]} */
  let corners = [];
  return {
    marks: parts.flatMap(({ grounds, points, holes, frame, none }) =>
      [...grounds, points[0], holes, points[1], frame, none]),
    frame(width, height, { x, y }) {
      const count = styles.length;
      const sides = styles.map((_, i) =>
        Math.min(width / (i + 1), height / Math.ceil(count / (i + 1))) - GAP);
      const side = Math.max(...sides);
      const columns = sides.indexOf(side) + 1;
      place = side / PLACES;
      corners = styles.map((_, n) => [
        1 + (n % columns) * (side + GAP), TOP + 3 + Math.floor(n / columns) * (side + GAP),
      ]);
      const size = Math.max(2, side / 32);
      parts.forEach(({ points, holes, frame, none }, n) => {
        const [left, top] = corners[n];
        const at = (/** @type {number} */ value) => ((value / EDGE + 1) / 2) * side;
        const dots = [0, 1].map((c) => y.flatMap((one, i) =>
          one === c ? `M${round(left + at(x[2 * i]))} ${round(top + side - at(x[2 * i + 1]))}h0` : []).join(""));
        points.forEach((path, c) => set(path, { d: dots[c], "stroke-width": size }));
        set(holes, { d: dots[0], "stroke-width": size / 2 });
        set(frame, { x: left, y: top, width: side, height: side });
        set(none, { x: round(left + side / 2), y: round(top + side / 2 + 4) });
      });
    },
    draw(answers) {
      const words = place * PLACES < SMALL ? "–" : "no answer";
      parts.forEach(({ none }, n) => write(none, answers[n].every((one) => one === NONE) ? words : ""));
      parts.forEach(({ grounds }, n) => grounds.forEach((path, c) => {
        const [left, top] = corners[n];
        let d = "";
        for (let row = 0; row < PLACES; row += 1) {
          const y = round(top + (PLACES - row - 0.5) * place); // from below
          for (let from = 0, to = 0; from < PLACES; from = to + 1) {
            for (to = from; to < PLACES && answers[n][row * PLACES + to] === c; to += 1);
            if (to > from) d += `M${round(left + from * place)} ${y}H${round(left + to * place)}`;
          }
        }
        set(path, { d, "stroke-width": place * 1.1 }); // without seams
      }));
    },
    say(answers) {
      const share = (/** @type {number} */ c) =>
        formatShare(answers.filter((answer) => answer === c).length / answers.length);
      return `ringed points’ spiral in ${share(0)} of the plane, dotted points’ in ${share(1)}`;
    },
  };
}

/**
 * Images, and below each what the networks read; what is wrong stands in a box.
 * @param {Style[]} styles
 * @returns {Drawing}
 */
function images(styles) {
  const inks = Array.from({ length: INKS }, (_, k) =>
    svg("path", { class: "bnviz-lab-ink", opacity: (k + 1) / INKS }));
  const readers = styles.map((style) => ({
    box: svg("path", { class: "bnviz-lab-wrong" }),
    line: svg("path", { ...stroke(style), "stroke-width": 2.5 }),
  }));
  const texts = svg("g", { "text-anchor": "middle" });
  /** @type {(i: number, n: number) => number[]} the middle of what network n reads in image i */
  let middle = () => [0, 0];
  return {
    marks: [...inks, ...readers.flatMap(({ box, line }) => [box, line]), texts],
    frame(width, height, { x, y }) {
      const rows = Math.ceil(y.length / COLUMNS);
      const across = (width - SWATCH) / COLUMNS;
      const down = height / rows;
      const pixel = Math.max(1, Math.floor(Math.min(across - 3, down - LINES[0] * styles.length - 2) / SIDE));
      const high = Math.min(LINES[1], (down - pixel * SIDE - 2) / styles.length);
      const left = (/** @type {number} */ i) => SWATCH + ((i % COLUMNS) + 0.5) * across;
      const top = (/** @type {number} */ i) => TOP + Math.floor(i / COLUMNS) * down;
      middle = (i, n) => [left(i), top(i) + pixel * SIDE + 2 + (n + 0.5) * high];
      inks.forEach((path, k) => {
        const d = x.flatMap((value, p) => {
          if (Math.ceil(value * INKS) !== k + 1) return [];
          const i = Math.floor(p / SIDE ** 2);
          const column = Math.round(left(i) - (pixel * SIDE) / 2) + (p % SIDE) * pixel;
          return `M${column} ${Math.round(top(i)) + (Math.floor(p / SIDE) % SIDE + 0.5) * pixel}h${pixel}`;
        });
        set(path, { d: d.join(""), "stroke-width": pixel });
      });
      readers.forEach(({ line }, n) => set(line, {
        d: y.map((_, i) => (i % COLUMNS ? "" : `M0 ${round(middle(i, n)[1])}h${SWATCH - 3}`)).join(""),
      }));
      styles.forEach((_, n) => y.forEach((_, i) => {
        const [across, down] = middle(i, n);
        const text = texts.children[n * y.length + i] ?? texts.appendChild(label(""));
        set(text, { x: round(across), y: round(down + 4) });
      }));
    },
    draw(answers, { y }) {
      readers.forEach(({ box }, n) => {
        let d = "";
        y.forEach((right, i) => {
          const [said, wrong] = [answers[n][i], answers[n][i] !== right];
          const text = texts.children[n * y.length + i];
          write(text, said === NONE ? "–" : String(said));
          text.classList.toggle("bnviz-alarm-text", wrong);
          const [across, down] = middle(i, n);
          if (wrong) d += `M${round(across - 6)} ${round(down - 5)}h12v10h-12z`;
        });
        set(box, { d });
      });
    },
    say(answers, { y }) {
      const wrong = y.flatMap((right, i) =>
        answers[i] === right ? [] : `a ${right} as ${answers[i] === NONE ? "nothing" : answers[i]}`);
      const count = `${y.length - wrong.length} of ${y.length} test images right`;
      return wrong.length ? `${count}; it reads ${wrong.join(", ")}` : count;
    },
  };
}
