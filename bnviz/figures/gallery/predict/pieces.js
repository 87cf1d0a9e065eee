// A sentence as nodes.

import { html } from "../../kit/elements.js";

/** @typedef {import("./verdict.js").Text} Text */

/**
 * Text, `code` and emphasis.
 * @param {Text} text
 * @returns {(Node|string)[]}
 */
export function pieces(text) {
  return text.map(([tag, characters]) =>
    tag === "code" || tag === "em" ? html(tag, {}, characters) : characters,
  );
}
