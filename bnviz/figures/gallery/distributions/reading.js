// The numbers of the chosen layer at the chosen step: a small table, a line for each series.

import { swatch } from "../../kit/draw.js";
import { html, set, write } from "../../kit/elements.js";
import { fixed, formatNumber, formatShare, shorten } from "../../kit/words.js";

/** @typedef {import("../../kit/draw.js").Style} Style */
/** @typedef {import("./rows.js").Row} Row */
/** @typedef {import("./rows.js").Panel} Panel */

const NAME = [26, 15]; // characters, where there is room and where there is little
const KINDS = ["NaN", "+inf", "−inf"];

/** @param {Style[]} styles */
export function reading(styles) {
  const name = html("th", { class: "bnviz-layer-name", scope: "col" });
  const heads = ["standard deviation", "", "dead"].map((text) => html("th", { scope: "col" }, text));
  const lines = styles.map((style) => {
    const cells = heads.map(() => html("td"));
    const alarm = html("span", { class: "bnviz-alarm", hidden: true });
    const title = html("th", { scope: "row" }, swatch(style, { band: true }), style.label);
    const row = html("tr", {}, title, ...cells, html("td", {}, alarm));
    return { row, cells, alarm };
  });
  const element = html(
    "table",
    { class: "bnviz-reading" },
    html("thead", {}, html("tr", {}, name, ...heads, html("td"))),
    html("tbody", {}, ...lines.map(({ row }) => row)),
  );
  return {
    element,
    /**
     * @param {Panel} panel
     * @param {boolean} narrow
     */
    frame(panel, narrow) {
      write(name, shorten(panel.name, NAME[Number(narrow)]));
      set(name, { title: panel.title });
      write(heads[1], panel.off);
      for (const cells of [heads, ...lines.map((line) => line.cells)]) {
        cells[1].hidden = !panel.off;
        cells[2].hidden = panel.off !== "inactive";
      }
    },
    /**
     * @param {Row} row
     * @param {number} l the layer
     */
    draw(row, l) {
      lines.forEach(({ cells, alarm }, s) => {
        write(cells[0], formatNumber(row.std(l, s)));
        write(cells[1], formatShare(row.off(l, s)));
        write(cells[2], formatShare(row.dead(l, s)));
        const words = row.nonfinite(l, s).flatMap((count, i) =>
          count ? [`${fixed(count)} ${KINDS[i]}`] : [],
        );
        alarm.hidden = !words.length;
        write(alarm, words.join(", "));
      });
    },
  };
}
