// A line of numbers: the reader's own, set with a slider, and the answer beside it.

import { label, resize, round, rule, surface } from "../../kit/draw.js";
import { html, set, svg, write } from "../../kit/elements.js";
import { linear, log, nearest } from "../../kit/scales.js";
import { tidy } from "../../kit/words.js";
import { between } from "./verdict.js";

/** @typedef {import("./verdict.js").Line} Line */

const HEIGHT = 54; // as in figure.py
const AT = 26; // of the line itself
const THUMB = 22; // pixels across, as in predict.css
const FINE = 1000; // positions of the slider
const LETTER = 7.4; // pixels, about

/**
 * @param {Line} spec
 * @param {ArrayLike<number>} values that can be said, ascending
 * @param {{name: string, hint: string, onmove: () => void}} slider what it is called, what stands
 *   there before it was moved, and whom to tell that it was
 */
export function makeLine(spec, values, { name, hint, onmove }) {
  const ends = [values[0], values[values.length - 1]];
  const scale = spec.log ? log : linear;
  const share = scale(ends, [0, FINE]);
  const places = Array.from(values, (value) => share(value));
  let chosen = 0;
  let moved = false;

  const axis = svg("g");
  const band = svg("rect", { class: "bnviz-predict-band", height: 10, y: AT - 5, rx: 2 });
  const right = label("", { class: "bnviz-strong bnviz-halo", "text-anchor": "middle", y: AT + 24 });
  const mine = svg("circle", { class: "bnviz-predict-mine", r: 6, cy: AT });
  const said = label("", { class: "bnviz-strong", "text-anchor": "middle", y: AT - 14 });
  const drawing = surface("", axis, band, mine, right, said);
  set(drawing, { "aria-hidden": "true" }); // slider and sentence say the same
  const input = html("input", { type: "range", min: 0, max: FINE, "aria-label": name });
  input.addEventListener("input", () => move(nearest(places, Number(input.value))));
  input.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault(); // one number on, however near it is
    move(Math.min(values.length - 1, Math.max(0, chosen + by)));
  });
  let x = scale(ends, [0, 1]);
  /** @type {{from: number, to: number, element: Element}[]} pixels that a number takes */
  let ticks = [];

  /** @param {number} index */
  function move(index) {
    moved = true;
    choose(index);
    onmove();
  }

  /** @param {number} index */
  function choose(index) {
    chosen = index;
    input.value = String(Math.round(places[index]));
    const text = moved ? between(values[index], values[index], spec.unit) : hint;
    input.setAttribute("aria-valuetext", text);
    place(said, text, x(values[index]));
  }

  /**
   * A text in the middle of its place, or as near as it fits.
   * @param {SVGTextElement} text
   * @param {string} words
   * @param {number} at
   */
  function place(text, words, at) {
    const half = (LETTER * words.length) / 2;
    const [low, high] = x.range;
    const middle = Math.max(low - THUMB / 2 + half, Math.min(at, high + THUMB / 2 - half));
    write(text, words);
    set(text, { x: round(middle) });
    return { from: middle - half, to: middle + half };
  }

  return {
    element: html("div", { class: "bnviz-predict-line" }, drawing, input),
    input,
    get value() {
      return values[chosen];
    },
    /** The number that takes most room to say. */
    longest: Array.from(values).reduce((a, b) => (tidy(b).length > tidy(a).length ? b : a)),
    /** Of the line, in its numbers or their logarithms. */
    length: spec.log ? Math.log(ends[1] / ends[0]) : ends[1] - ends[0],
    /**
     * With the slider, which stands where nothing was said; or without.
     * @param {boolean} open
     */
    ask(open) {
      input.style.visibility = open ? "" : "hidden";
      if (!open) return;
      moved = false;
      choose(0);
    },
    /** @param {number} width */
    frame(width) {
      x = scale(ends, [THUMB / 2, Math.max(THUMB, width - THUMB / 2)]);
      resize(drawing, width, HEIGHT);
      axis.replaceChildren(rule("bnviz-axis", [x.range[0], AT, x.range[1], AT]));
      ticks = [];
      for (const value of new Set([...ends, ...x.ticks(Math.min(6, width / 70))])) {
        const text = label("", { "text-anchor": "middle", y: AT + 23 });
        const room = place(text, tidy(value), x(value));
        if (ticks.some(({ from, to }) => room.from < to + 8 && room.to > from - 8)) continue;
        ticks.push({ ...room, element: text });
        axis.append(rule("bnviz-axis", [x(value), AT, x(value), AT + 6]), text);
      }
    },
    /**
     * Without an answer the line asks for one; with it, both are seen.
     * @param {import("./verdict.js").Said|null} answer
     */
    show(answer) {
      const open = answer === null;
      const number = typeof answer === "number" ? answer : null;
      for (const element of [band, right]) set(element, { visibility: open ? "hidden" : null });
      set(mine, { visibility: number === null ? "hidden" : null });
      set(said, { visibility: open || number !== null ? null : "hidden" });
      if (number === null) choose(chosen);
      else {
        set(mine, { cx: round(x(number)) });
        place(said, `you: ${tidy(number)}`, x(number));
      }
      const [low, high] = spec.answer;
      const wide = Math.max(4, x(high) - x(low));
      set(band, { x: round((x(low) + x(high) - wide) / 2), width: round(wide) });
      const room = place(right, between(low, high, ""), (x(low) + x(high)) / 2);
      for (const { from, to, element } of ticks) {
        const covered = !open && room.from < to + 6 && room.to > from - 6;
        set(element, { visibility: covered ? "hidden" : null });
      }
    },
  };
}
