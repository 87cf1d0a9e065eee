// How wide a text is, and where a long one breaks. Measured on a canvas: the page is not laid out.

/** @typedef {(text: string, size?: number, weight?: number) => number} Ruler pixels of a text */

/**
 * Measures texts in the font of an element.
 * @param {Element} element
 * @returns {Ruler}
 */
export function ruler(element) {
  const pen = document.createElement("canvas").getContext("2d");
  const family = getComputedStyle(element).fontFamily || "sans-serif";
  return (text, size = 12, weight = 400) => {
    if (!pen) return 0.6 * size * text.length;
    pen.font = `${weight} ${size}px ${family}`;
    return Math.ceil(pen.measureText(text).width);
  };
}

/**
 * Pixels of the widest of these texts.
 * @param {string[]} texts
 * @param {Ruler} width
 * @param {number} [size]
 */
export function widest(texts, width, size = 12) {
  return Math.max(0, ...new Set(texts.map((text) => width(text, size))));
}

/**
 * Break a text between words into lines no wider than `room`; a word that is wider stands alone.
 * What would need more than `most` lines ends in "…".
 * @param {string} text
 * @param {number} room
 * @param {(text: string) => number} width
 * @param {number} [most]
 * @returns {string[]}
 */
export function wrap(text, room, width, most = 3) {
  /** @type {string[]} */
  const lines = [];
  for (const word of text.split(" ")) {
    const last = lines.length - 1;
    const longer = `${lines[last]} ${word}`;
    if (last >= 0 && width(longer) <= room) lines[last] = longer;
    else lines.push(word);
  }
  if (lines.length <= most) return lines;
  const end = lines.slice(most - 1).join(" ").split(" ");
  while (end.length > 1 && width(`${end.join(" ")} …`) > room) end.pop();
  return [...lines.slice(0, most - 1), `${end.join(" ")} …`];
}
