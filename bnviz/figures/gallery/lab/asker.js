// The questions of the lab, one at a time: an answer sets the lab to what it asks about, and to
// answer again brings back what the reader had set.

import { button, select } from "../../kit/controls.js";
import { html, newId } from "../../kit/elements.js";
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
 * @param {(question: Question|null) => void} onanswer null where the answer is taken back
 */
export function asker(questions, chosen, onanswer) {
  const id = newId("question");
  const text = html("p", { class: "bnviz-lab-question", id });
  const asking = html("div", { class: "bnviz-lab-choices", role: "group", "aria-labelledby": id });
  const told = html("p", { class: "bnviz-lab-told", role: "status" });
  const room = html("div", { class: "bnviz-lab-faces", "aria-hidden": "true" }); // for all answers
  const other = button({ label: "", onclick: () => answer(said() === null ? "shown" : null) });
  other.classList.add("bnviz-lab-other");
  const which = select({
    label: "What if …",
    options: questions.map(({ title }, i) => ({ value: String(i), text: title })),
    value: String(chosen),
    onchange(index) {
      chosen = Number(index);
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
    keep(key(), next);
    show();
    if (held) other.focus({ preventScroll: true });
    onanswer(next === null ? null : questions[chosen]);
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
    told.replaceChildren(...(now === null ? [] : answered(question, now)));
    room.replaceChildren(...question.choices.map((_, i) =>
      html("p", { class: "bnviz-lab-told" }, ...answered(question, i))));
    other.textContent = now === null ? "Show me" : "Answer again";
  }
  show();

  const first = questions.length > 1 ? which.element : html("span", {}, "Predict");
  return {
    element: html(
      "div", { class: "bnviz-lab-asker" },
      html("div", { class: "bnviz-lab-which" }, first, other), text,
      html("div", { class: "bnviz-lab-faces" }, asking, told, room),
    ),
  };
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
