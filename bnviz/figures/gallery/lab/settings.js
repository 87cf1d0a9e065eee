// What can be chosen in the lab, and how a setting is written into an address. No page here: Node
// can run it too.

/** @typedef {import("./trainer/training.js").Contestant} Contestant */

/**
 * @typedef {object} Setting as `bnviz.Setting`
 * @property {Contestant[]} networks
 * @property {string} data "digits" or "spirals"
 * @property {number} depth hidden layers
 * @property {number} width units in each
 * @property {string} activation
 * @property {number|string|null} init
 * @property {number} lr
 * @property {number} momentum
 * @property {number} weightDecay
 * @property {number} batchSize
 * @property {number} seed
 */

/** The networks that can be chosen; a norm stands "before" or "after" the activation besides. */
export const NORMS = [
  { norm: null, noise: 0, affine: true },
  { norm: "batch", noise: 0, affine: true },
  { norm: "batch", noise: 2, affine: true },
  { norm: "batch", noise: 0, affine: false },
  { norm: "layer", noise: 0, affine: true },
  { norm: "group", noise: 0, affine: true },
  { norm: "rms", noise: 0, affine: true },
];

/**
 * Which of these a network has, whatever the strength of its noise; -1 for none of them.
 * @param {Contestant} network
 */
export function kindOf({ norm, noise = 0, affine = true }) {
  return NORMS.findIndex((one) =>
    one.norm === norm && one.affine === affine && one.noise > 0 === noise > 0);
}

/**
 * What readers call a norm, wherever it stands.
 * @param {Pick<Contestant, "norm"|"noise"|"affine">} network
 */
export function nameOf({ norm, noise, affine = true }) {
  if (noise) return `BN + noise × ${noise}`;
  if (!affine) return "BN, γ, β fixed";
  if (norm === "rms") return "RMSNorm";
  return norm ? `${norm} norm` : "none";
}

/** Learning rates on the slider. */
export const RATES = [-3, -2, -1, 0, 1].flatMap((e) => [1, 2, 5].map((m) => Number(`${m}e${e}`)));

/**
 * The other controls, in their order: what they are called, and what they offer.
 * @type {{key: "data"|"depth"|"width"|"activation"|"init"|"batchSize"|"momentum"|"weightDecay"|"seed",
 *   label: string, values: (string|number|null)[], texts?: Object<string, string>}[]}
 */
export const CHOICES = [
  { key: "data", label: "data", values: ["digits", "spirals"] },
  { key: "depth", label: "layers", values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] },
  { key: "width", label: "units", values: [8, 20, 60, 100, 200] },
  { key: "activation", label: "activation", values: ["sigmoid", "tanh", "relu"], texts: { relu: "ReLU" } },
  { key: "init", label: "initial weights",
    values: [0.01, 0.03, 0.1, 0.3, 1, "xavier", "kaiming", null],
    texts: { xavier: "Xavier’s", kaiming: "Kaiming’s", null: "PyTorch’s" } },
  { key: "batchSize", label: "batch", values: [2, 4, 8, 16, 60, 250] },
  { key: "momentum", label: "momentum", values: [0, 0.5, 0.9, 0.99] },
  { key: "weightDecay", label: "weight decay", values: [0, 0.0001, 0.001, 0.01, 0.1] },
  { key: "seed", label: "seed", values: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] },
];

/** What an address may say beyond the choices of the controls: from, to. */
const LIMITS = {
  depth: [1, 10], width: [4, 400], init: [1e-6, 10], lr: [1e-6, 1e6], momentum: [0, 0.9999],
  weightDecay: [0, 1], batchSize: [2, 600], seed: [0, 2 ** 32 - 1],
};
const WHOLE = ["depth", "width", "batchSize", "seed"];
const MOST_NETWORKS = 3;

/**
 * What the trainer is told.
 * @param {Setting} setting
 * @returns {import("./trainer/training.js").Settings & {data: string}}
 */
export function forTrainer({ depth, width, init, ...others }) {
  const rule = /** @type {number|"kaiming"|"xavier"|null} */ (init);
  return { ...others, init: rule, hidden: Array(depth).fill(width) };
}

/**
 * What readers call a network of the lab, and the style that it is drawn in.
 * @param {Contestant[]} networks
 * @returns {{label: string, key: string, dash: string}[]}
 */
export function stylesOf(networks) {
  const free = ["a", "b", "c"];
  /** @type {Set<string>} */
  const taken = new Set();
  return networks.map((network) => {
    let label = nameOf(network);
    if (!network.norm) label = "without norm";
    else if (network.placement === "after") label += ", after";
    const own = { "without norm": "without", "batch norm": "with" }[label] ?? "";
    const key = own && !taken.has(own) ? own : /** @type {string} */ (free.shift());
    taken.add(key);
    return { label, key, dash: DASHES[key] };
  });
}

/** @type {Object<string, string>} as in paper.py */
const DASHES = { without: "6 3", with: "", a: "2 2", b: "9 3 2 3", c: "12 4" };

/**
 * Which of the controls' choices differ from those of another setting.
 * @param {Setting} setting
 * @param {Setting} usual
 */
export function changed(setting, usual) {
  return CHOICES.map(({ key }) => key).filter((key) => setting[key] !== usual[key]);
}

/**
 * A setting as the query of an address: what differs from another.
 * @param {Setting} setting
 * @param {Setting} usual
 */
export function encode(setting, usual) {
  /** @type {string[]} */
  const parts = [];
  const networks = setting.networks.map(encodeNetwork).join(",");
  if (networks !== usual.networks.map(encodeNetwork).join(",")) parts.push(`networks=${networks}`);
  parts.push(...changed(setting, usual).map((key) => `${key}=${setting[key] ?? "pytorch"}`));
  if (setting.lr !== usual.lr) parts.push(`lr=${setting.lr}`);
  return parts.join("&");
}

/**
 * The setting that a query asks for; what it leaves out, or what makes no sense, is as usual.
 * @param {string} query
 * @param {Setting} usual
 * @returns {Setting}
 */
export function decode(query, usual) {
  /** @type {any} */
  const setting = { ...usual };
  for (const [key, text] of new URLSearchParams(query)) {
    const value = key === "networks" ? decodeNetworks(text) : decodeValue(key, text);
    if (value !== undefined) setting[key] = value;
  }
  return setting;
}

/** @param {Contestant} network */
function encodeNetwork({ norm, placement, noise, affine = true }) {
  return [
    norm ?? "none", placement === "after" && "after", noise && `noise${noise}`, !affine && "fixed",
  ].filter(Boolean).join("-");
}

/** All make sense, or none counts. @param {string} text @returns {Contestant[]|undefined} */
function decodeNetworks(text) {
  const networks = text.split(",").map((each) => {
    const [name, ...parts] = each.split("-");
    return {
      norm: name === "none" ? null : name,
      placement: parts.includes("after") ? "after" : "before",
      noise: Number(parts.find((part) => part.startsWith("noise"))?.slice(5) ?? 0),
      affine: !parts.includes("fixed"),
    };
  });
  const known = networks.every((one) => kindOf(one) >= 0 && one.noise >= 0 && one.noise <= 10);
  return known && networks.length <= MOST_NETWORKS ? networks : undefined;
}

/** @param {string} key @param {string} text @returns {string|number|null|undefined} */
function decodeValue(key, text) {
  const choice = CHOICES.find((one) => one.key === key);
  if (key === "init" && text === "pytorch") return null;
  const named = choice?.values.find((value) => typeof value === "string" && value === text);
  if (named !== undefined) return named;
  const limits = LIMITS[/** @type {keyof typeof LIMITS} */ (key)];
  const value = Number(text);
  if (!limits || text === "" || !(value >= limits[0] && value <= limits[1])) return undefined;
  if (WHOLE.includes(key) && !Number.isInteger(value)) return undefined;
  if (key === "width" && value % 4) return undefined; // the groups of group norm
  return value;
}
