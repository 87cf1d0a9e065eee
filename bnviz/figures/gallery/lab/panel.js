// The controls that choose a setting: those of all networks, and those of each.

import { select } from "../../kit/controls.js";
import { swatch } from "../../kit/draw.js";
import { html, write } from "../../kit/elements.js";
import { formatShare } from "../../kit/words.js";
import { CHOICES, kindOf, nameOf, NORMS } from "./settings.js";

/** @typedef {import("../../kit/draw.js").Style} Style */
/** @typedef {import("./settings.js").Setting} Setting */
/** @typedef {import("./trainer/training.js").Contestant} Contestant */

/** The network that joins two others. @type {Contestant} */
const THIRD = { norm: "layer", placement: "before", noise: 0, affine: true };

/**
 * What all networks share.
 * @param {Setting} setting
 * @param {string[]|null} offered the keys that may be chosen; null for all, and for the networks
 * @param {(change: Partial<Setting>) => void} onchange
 */
export function sharedControls(setting, offered, onchange) {
  const choices = CHOICES.filter(({ key }) => offered?.includes(key) ?? true);
  const controls = choices.map(({ key, label, values, texts }) => {
    const known = [...new Set([...values, setting[key]])];
    return select({
      label,
      options: known.map((value, i) => ({ value: String(i), text: texts?.[String(value)] ?? String(value) })),
      value: String(known.indexOf(setting[key])),
      onchange: (index) => onchange({ [key]: known[Number(index)] }),
    }).element;
  });
  if (offered) return controls;
  const { networks } = setting;
  const count = select({
    label: "networks",
    options: ["1", "2", "3"],
    value: String(networks.length),
    onchange: (text) => {
      const more = [...networks, ...(networks.length < 2 ? [{ ...THIRD, norm: "batch" }] : []), THIRD];
      onchange({ networks: more.slice(0, Number(text)) });
    },
  });
  return [...controls, count.element];
}

/**
 * What a network has of its own: above its column.
 * @param {Setting} setting
 * @param {number} n which network
 * @param {Style} style
 * @param {((change: Partial<Setting>) => void)|null} onchange null where it has its name alone
 */
export function networkHead(setting, n, style, onchange) {
  const of = `of network ${n + 1}`;
  const accuracy = html("output", { class: "bnviz-lab-accuracy", "aria-label": `test accuracy ${of}` });
  const what = onchange ? networkControls(setting, n, of, onchange) : [html("span", {}, style.label)];
  return {
    element: html("div", { class: "bnviz-lab-head" }, swatch(style, { band: true }), ...what, accuracy),
    /** @param {number|undefined} share @param {number|null} broken */
    show(share, broken) {
      accuracy.classList.toggle("bnviz-alarm", broken !== null);
      write(accuracy, broken !== null ? "exploded" : formatShare(share ?? NaN));
    },
  };
}

/**
 * @param {Setting} setting
 * @param {number} n
 * @param {string} of
 * @param {(change: Partial<Setting>) => void} onchange
 */
function networkControls(setting, n, of, onchange) {
  const { norm, placement } = setting.networks[n];
  const change = (/** @type {Partial<Contestant>} */ part) => {
    onchange({ networks: setting.networks.map((one, i) => (i === n ? { ...one, ...part } : one)) });
  };
  const known = kindOf(setting.networks[n]);
  const kind = select({
    label: `norm ${of}`,
    options: NORMS.map((one, i) => // noise of another strength, too: an address may ask for it
      ({ value: String(i), text: nameOf(i === known ? setting.networks[n] : one) })),
    value: String(known),
    onchange: (index) => change(NORMS[Number(index)]),
  });
  const place = select({
    label: `before or after the activation, norm ${of}`,
    options: ["before", "after"],
    value: placement ?? "before",
    onchange: (value) => change({ placement: value }),
  });
  place.element.style.visibility = norm === null ? "hidden" : "";
  return [kind.element, place.element];
}
