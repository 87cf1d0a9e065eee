// What a reader answered, kept in this browser. Where it keeps nothing (a private window, a page
// without storage), a figure forgets with the page.

const PREFIX = "bnviz-predict:";

/**
 * What was kept under a key: null if nothing was, or nothing can be.
 * @param {string} key
 * @returns {unknown}
 */
export function recall(key) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key) ?? "null");
  } catch {
    return null;
  }
}

/**
 * Keep an answer; null forgets it.
 * @param {string} key
 * @param {unknown} answer
 */
export function keep(key, answer) {
  try {
    if (answer === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, JSON.stringify(answer));
  } catch {
    // nothing to be done, and nothing lost but comfort
  }
}
