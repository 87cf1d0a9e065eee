// What an answer chooses in the figure that stands below its question, as a reader would.

/** @typedef {Object<string, string>} Texts of buttons, by the names of their causes */

/**
 * @param {HTMLElement|null} below holds the figure
 * @param {Texts} [wanted]
 */
export function makeChooser(below, wanted = {}) {
  /** @type {Texts} what was chosen before, of the causes that were found */
  let before = {};
  // In a page that was just opened, the figure comes to life after the question.
  const waiting = new MutationObserver(choose);

  function choose() {
    press(below, (name, chosen) => {
      if (name in before || !(name in wanted)) return chosen;
      before[name] = chosen;
      return wanted[name];
    });
    if (Object.keys(before).length === Object.keys(wanted).length) waiting.disconnect();
  }

  return {
    choose() {
      if (below) waiting.observe(below, { childList: true, subtree: true });
      choose();
    },
    /** Back to where it stood. */
    undo() {
      waiting.disconnect();
      press(below, (name, chosen) => before[name] ?? chosen);
      before = {};
    },
  };
}

/**
 * @param {HTMLElement|null} below
 * @param {(name: string, chosen: string) => string} next what to choose of a cause
 */
function press(below, next) {
  for (const group of below?.querySelectorAll(".bnviz-choice") ?? []) {
    const name = group.querySelector(".bnviz-label")?.textContent ?? "";
    const options = [...group.querySelectorAll("label")].map((label) =>
      ({ text: label.textContent ?? "", input: label.querySelector("input") }));
    const chosen = options.find(({ input }) => input?.checked)?.text ?? "";
    const text = next(name, chosen);
    if (text !== chosen) options.find((option) => option.text === text)?.input?.click();
  }
}
