// The questions of the lab, one at a time: an answer sets the lab to what it asks about, the verdict
// comes when the run has shown it, and to answer again brings back what the reader had set. A verdict
// over another run is set back, and leads to its own.

import { button, select } from "../../kit/controls.js";
import { html, newId } from "../../kit/elements.js";
import { fixed } from "../../kit/words.js";
import { keep, recall } from "../predict/memory.js";
import { pieces } from "../predict/pieces.js";
import { isAnswer, onChoice } from "../predict/verdict.js";

/** @typedef {import("../predict/verdict.js").Text} Text */
/** @typedef {import("../predict/verdict.js").Said} Said */

/**
 * @typedef {object} Question
 * @property {string} name in addresses
 * @property {string} title
 * @property {import("./settings.js").Setting} setting
 * @property {number} steps after which it is answered
 * @property {Text} question
 * @property {Text[]} choices
 * @property {number} answer
 * @property {Text} explain
 */

/**
 * @param {Question[]} questions
 * @param {number} chosen the one to begin with
 * @param {object} lab
 * @param {(question: Question) => void} lab.run trains what a question asks about
 * @param {() => void} lab.back to what the reader had set
 * @param {(question: Question) => boolean} lab.shows whether what is trained now is what it asks about
 */
export function asker(questions, chosen, { run, back, shows }) {
  const id = newId("question");
  const text = html("p", { class: "bnviz-lab-question", id });
  const asking = html("div", { class: "bnviz-lab-choices", role: "group", "aria-labelledby": id });
  const told = html("p", { class: "bnviz-lab-told", role: "status" });
  const room = html("div", { class: "bnviz-lab-faces", "aria-hidden": "true" }); // for all answers
  /** @type {number|null} what the reader watches: answered, and the verdict is still to come */
  let watched = null;
  const other = button({
    label: "",
    onclick() {
      if (watched === chosen) tell();
      else if (past()) run(questions[chosen]);
      else answer(said() === null ? "shown" : null);
    },
  });
  other.classList.add("bnviz-lab-other");
  const which = select({
    label: "What if …",
    options: questions.map(({ title }, i) => ({ value: String(i), text: title })),
    value: String(chosen),
    onchange(index) {
      chosen = Number(index);
      back();
      show();
    },
  });

  const key = () => `lab:${questions[chosen].name}`;
  /** @type {Map<number, Said|null>} where the browser keeps nothing, the page does */
  const here = new Map();
  /** @returns {Said|null} */
  function said() {
    const kept = here.has(chosen) ? here.get(chosen) : recall(key());
    return isAnswer(kept, questions[chosen]) ? kept : null;
  }

  /** @param {Said|null} next */
  function answer(next) {
    const held = asking.contains(document.activeElement);
    here.set(chosen, next);
    watched = typeof next === "number" ? chosen : null;
    show();
    if (held) other.focus({ preventScroll: true });
    if (next === null) back();
    else run(questions[chosen]);
  }

  /** The verdict, where one is waited for. */
  function tell() {
    if (watched === null) return;
    watched = null;
    show();
  }

  /** The reader went on: the verdict over another run is not waited for. */
  function moved() {
    if (watched !== null && !shows(questions[watched])) tell();
    else mark();
  }

  function show() {
    const question = questions[chosen];
    const now = said();
    text.replaceChildren(...pieces(question.question));
    asking.replaceChildren(
      ...question.choices.map((choice, i) => {
        const element = button({ label: "", onclick: () => answer(i) });
        element.append(...pieces(choice));
        return element;
      }),
    );
    asking.style.visibility = now === null ? "" : "hidden";
    const waits = watched === chosen;
    if (!waits) keep(key(), now); // a verdict that was never seen is not there another time
    told.replaceChildren(...(now === null ? [] : waits ? awaited(question, now) : answered(question, now)));
    room.replaceChildren(...question.choices.map((_, i) =>
      html("p", { class: "bnviz-lab-told" }, ...answered(question, i))));
    mark();
  }
  /** Whether there is a verdict, and another run below it. */
  function past() {
    return said() !== null && watched !== chosen && !shows(questions[chosen]);
  }
  /** Say whether the verdict is about what is trained now. */
  function mark() {
    told.classList.toggle("bnviz-lab-past", past());
    const open = said() === null || watched === chosen;
    other.textContent = open ? "Show me" : past() ? "Show its run" : "Answer again";
  }
  show();

  const first = questions.length > 1 ? which.element : html("span", {}, "Predict");
  return {
    element: html(
      "div", { class: "bnviz-lab-asker" },
      html("div", { class: "bnviz-lab-which" }, first, other), text,
      html("div", { class: "bnviz-lab-faces" }, asking, told, room),
    ),
    /** The question whose verdict is still to come. */
    get watched() {
      return watched === null ? null : questions[watched];
    },
    tell,
    moved,
  };
}

/**
 * What stands there until the verdict.
 * @param {Question} question
 * @param {Said} said
 */
function awaited({ choices, steps }, said) {
  const until = `”; watch until step ${fixed(steps)}.`;
  return [html("strong", {}, ...pieces([["", "You said “"], ...choices[Number(said)], ["", until]]))];
}

/**
 * The verdict and why.
 * @param {Question} question
 * @param {Said} said
 */
function answered(question, said) {
  const verdict = pieces(onChoice(question, said));
  return [html("strong", {}, ...verdict), " ", ...pieces(question.explain)];
}
