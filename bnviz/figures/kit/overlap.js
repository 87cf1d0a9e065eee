// Says of lines that lie on each other that they do, and lets each of them be seen.

import { label, rule } from "./draw.js";
import { set, svg } from "./elements.js";
import { wrap } from "./text.js";
import { dashesOver, placeBeside, saidTogether, together } from "./together.js";

/** @typedef {import("./draw.js").Style} Style */
/** @typedef {import("./together.js").Line} Line */

const LINE = 15; // pixels of a line of words

/**
 * @param {Style[]} styles of the lines
 * @param {SVGElement[]} paths that draw them, each above the one before
 * @param {import("./text.js").Ruler} ruler
 */
export function overlaps(styles, paths, ruler) {
  const element = svg("g");
  return {
    element,
    /**
     * @param {Line[]} lines as they are drawn
     * @param {{x: import("./scales.js").Scale, y: import("./scales.js").Scale}} plot
     * @returns {number[][]} those that lie on each other
     */
    show(lines, { x, y }) {
      const [left, right] = x.range;
      const [base, top] = y.range;
      const area = { x: left + 4, y: top, width: right - left - 8, height: base - top };
      const groups = together(lines);
      paths.forEach((path, i) =>
        set(path, { "stroke-dasharray": styles[i].dash || null, "stroke-dashoffset": null }),
      );
      const names = groups.flatMap((group) => {
        group.forEach((i, rank) => set(paths[i], dashesOver(rank, group.length) ?? {}));
        const width = (/** @type {string} */ text) => ruler(text, 12, 600);
        const words = wrap(saidTogether(group.map((i) => styles[i].label)), area.width, width);
        const size = { width: Math.max(...words.map(width)), height: LINE * words.length };
        const others = lines.filter((_, i) => !group.includes(i));
        const place = placeBeside(lines[group[0]], others, size, area);
        const [at, from, to] = place.leader;
        return [
          rule("bnviz-leader", [at, from, at, to]),
          ...words.map((text, i) =>
            label(text, { x: place.x, y: place.y + LINE * i + 12, class: "bnviz-strong bnviz-halo" }),
          ),
        ];
      });
      element.replaceChildren(...names);
      return groups;
    },
  };
}

/**
 * The same for a screen reader; nothing where there are none.
 * @param {number[][]} groups
 * @param {Style[]} styles
 */
export function sayOverlaps(groups, styles) {
  const said = groups.map((group) => saidTogether(group.map((i) => styles[i].label)));
  return said.map((text) => `\nOn each other, ${text}.`).join("");
}
