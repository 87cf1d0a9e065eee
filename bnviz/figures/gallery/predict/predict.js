// A question. The reader answers it, or asks to be shown; then the answer stands in its place.

import { button } from "../../kit/controls.js";
import { html, newId, set, write } from "../../kit/elements.js";
import { figure } from "../../kit/life.js";
import { makeChooser } from "./chooser.js";
import { makeLine } from "./line.js";
import { keep, recall } from "./memory.js";
import { pieces } from "./pieces.js";
import { isAnswer, onChoice, onNumber } from "./verdict.js";

/** @typedef {import("./verdict.js").Text} Text */
/** @typedef {import("./verdict.js").Said} Said */

export default figure("predict", ({ spec, arrays, stage, redraw, then }) => {
  const kept = recall(spec.key);
  /** @type {Said|null} */
  let said = isAnswer(kept, spec) ? kept : null;

  const id = newId("question");
  const guess = button({ label: "This is my guess", onclick: () => answer(line?.value ?? null) });
  const line = spec.choices
    ? null
    : makeLine(spec, arrays.values, {
        name: spec.alt,
        hint: "drag to your number",
        onmove: () => set(guess, { disabled: false }),
      });
  if (line) set(guess, { disabled: true }); // until the reader has moved: where it stands is no guess
  const asking = line
    ? html("div", { class: "bnviz-predict-asking" }, guess)
    : html(
        "div",
        { class: "bnviz-predict-asking", role: "group", "aria-labelledby": id },
        ...spec.choices.map((/** @type {Text} */ choice, /** @type {number} */ i) => {
          const element = button({ label: "", onclick: () => answer(i) });
          element.append(...pieces(choice));
          return element;
        }),
      );
  const told = html("div", { class: "bnviz-predict-told", role: "status" });
  const other = button({ label: "", onclick: () => answer(said === null ? "shown" : null) });
  other.classList.add("bnviz-predict-other");
  const card = html(
    "div",
    { class: "bnviz-predict-card" },
    html("p", { class: "bnviz-predict-kind", "aria-hidden": "true" }, "Predict"),
    html("p", { class: "bnviz-predict-question", id }, ...pieces(spec.question)),
    line?.element,
    // All that may stand here lies on each other, so that an answer moves nothing.
    html("div", { class: "bnviz-predict-faces" }, asking, told, ghost(spec, line)),
    other,
  );
  stage.append(card);
  if (then) stage.append(then);
  const chooser = makeChooser(then, spec.show);
  show();

  /** @param {Said|null} next */
  function answer(next) {
    const held = asking.contains(document.activeElement) || line?.input === document.activeElement;
    said = next;
    keep(spec.key, said);
    show();
    if (held) other.focus({ preventScroll: true }); // what had the focus is hidden now
    redraw();
  }

  function show() {
    const open = said === null;
    asking.style.visibility = open ? "" : "hidden";
    told.replaceChildren(...(said === null ? [] : answered(spec, line, said)));
    write(other, open ? "Show me" : "Answer again");
    line?.ask(open);
    if (line) set(guess, { disabled: true });
    if (open) chooser.undo();
    else chooser.choose();
    card.classList.toggle("bnviz-predict-said", !open);
    if (then) then.inert = open && spec.hidden; // of the figure to be, only its axes are seen
  }

  return {
    draw({ resized }) {
      if (resized) line?.frame(card.clientWidth);
      line?.show(said);
    },
  };
});

/** @typedef {ReturnType<typeof makeLine>} NumberLine */

/**
 * The verdict and why.
 * @param {any} spec
 * @param {NumberLine|null} line
 * @param {Said} said
 */
function answered(spec, line, said) {
  const verdict = line ? onNumber(spec, line.length, said) : onChoice(spec, said);
  return [html("p", {}, html("strong", {}, ...pieces(verdict)), " ", ...pieces(spec.explain))];
}

/**
 * The longest that can be said to an answer: it keeps the room and is not seen.
 * @param {any} spec
 * @param {NumberLine|null} line
 */
function ghost(spec, line) {
  /** @type {Said[]} */
  const all = line ? [line.longest] : spec.choices.map((/** @type {Text} */ _, /** @type {number} */ i) => i);
  const texts = all.map((said) => answered(spec, line, said));
  const length = (/** @type {HTMLElement[]} */ [first]) => first.textContent?.length ?? 0;
  const longest = texts.reduce((a, b) => (length(b) > length(a) ? b : a));
  const element = html("div", { class: "bnviz-predict-told", "aria-hidden": "true" }, ...longest);
  element.style.visibility = "hidden";
  return element;
}
