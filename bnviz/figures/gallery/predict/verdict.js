// What is said to an answer. No page here: Node can run it too.

import { tidy } from "../../kit/words.js";

/** @typedef {[string, string][]} Text pieces of a sentence, as text.py takes it apart */
/** @typedef {{choices: Text[], answer: number}} Choice */
/** @typedef {{answer: number[], log: boolean, unit: string}} Line */
/** @typedef {number|"shown"} Said the index of a choice, or a number; "shown" if none was said */

const RIGHT = 0.003; // of the line's length: nearer than the next number that can be said
const CLOSE = 0.08;

/**
 * Whether this may be what was said: another page may have kept it.
 * @param {unknown} said
 * @param {Choice|Line} spec
 * @returns {said is Said}
 */
export function isAnswer(said, spec) {
  if (said === "shown") return true;
  if (typeof said !== "number") return false;
  return "choices" in spec ? spec.choices[said] !== undefined : Number.isFinite(said);
}

/**
 * "You said “…”. Right."
 * @param {Choice} spec
 * @param {Said} said
 * @returns {Text}
 */
export function onChoice({ choices, answer }, said) {
  const right = /** @type {Text} */ ([["", "“"], ...choices[answer], ["", "”."]]);
  if (said === "shown") return [["", "The answer: "], ...right];
  /** @type {Text} */
  const mine = [["", "You said “"], ...choices[said]];
  return said === answer
    ? [...mine, ["", "”. Right."]]
    : [...mine, ["", "”. Not quite: "], ...right];
}

/**
 * "You said 200 steps. It is less: 40 to 60 steps."
 * @param {Line} spec
 * @param {number} length of the line, in its numbers or their logarithms
 * @param {Said} said
 * @returns {Text}
 */
export function onNumber({ answer: [low, high], log, unit }, length, said) {
  const right = `${between(low, high, unit)}.`;
  if (said === "shown") return [["", `The answer: ${right}`]];
  const place = log ? Math.log : Number;
  const off = place(said) < place(low) ? place(low) - place(said) : place(said) - place(high);
  const far = off / length;
  const word = far <= RIGHT ? "Right" : far <= CLOSE ? "Close" : said < low ? "It is more" : "It is less";
  return [["", `You said ${between(said, said, unit)}. ${word}: ${right}`]];
}

/**
 * A number or a range, with its unit.
 * @param {number} low
 * @param {number} high
 * @param {string} unit
 */
export function between(low, high, unit) {
  const numbers = low === high ? tidy(low) : `${tidy(low)} to ${tidy(high)}`;
  return unit ? `${numbers} ${unit}` : numbers;
}
