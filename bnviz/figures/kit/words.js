// Numbers as text. No page here: Node can run it too.

/**
 * Three significant digits, a real minus sign, powers of ten where they read better.
 * @param {number} value
 * @param {number} [digits]
 */
export function formatNumber(value, digits = 3) {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) {
    const [mantissa, exponent] = value.toExponential(Math.max(0, digits - 1)).split("e");
    const m = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
    const power = `10${superscript(Number(exponent))}`;
    if (m === "1") return power;
    return minus(m === "-1" ? `-${power}` : `${m}×${power}`);
  }
  const text = value.toPrecision(digits);
  return text.includes("e") || size >= 10 ** digits ? fixed(value) : group(text);
}

/**
 * The same without zeros at the end: what `number` in words.py writes.
 * @param {number} value
 * @param {number} [digits]
 */
export function tidy(value, digits = 3) {
  const size = Math.abs(value);
  if (!(size >= 1e-3 && size < 10 ** digits)) return formatNumber(value, digits);
  return group(String(Number(value.toPrecision(digits))));
}

/**
 * So many digits behind the point, with thin spaces from 10 000 on.
 * @param {number} value
 * @param {number} [decimals]
 */
export function fixed(value, decimals = 0) {
  return group(value.toFixed(decimals));
}

/**
 * A share from 0 to 1 as per cent: "0 %", "0.4 %", "37 %". Never rounds something to nothing.
 * @param {number} share
 */
export function formatShare(share) {
  if (Number.isNaN(share)) return "–";
  const percent = 100 * share;
  if (percent > 0 && percent < 0.05) return "<0.1 %";
  return `${fixed(percent, percent < 9.95 && percent > 0 ? 1 : 0)} %`;
}

/**
 * The number on an axis whose ticks lie `step` apart.
 * @param {number} value
 * @param {number} step
 */
export function tickText(value, step) {
  if (Math.abs(value) < step * 1e-6) return "0";
  if (Math.abs(value) >= 1e6 || step < 1e-4) {
    const digits = Math.ceil(Math.log10(Math.abs(value) / step)) + 1;
    return formatNumber(value, Math.max(3, digits));
  }
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return fixed(value, decimals);
}

/**
 * Names without the end, from a comma on, that all of them share: "layer 1" and "layer 2".
 * @param {string[]} names
 */
export function withoutCommonEnd(names) {
  const [first] = names;
  const end = first?.slice(first.lastIndexOf(", "));
  const shared = first?.includes(", ") && names.length > 1 && names.every((name) => name.endsWith(end));
  return shared ? names.map((name) => name.slice(0, -end.length)) : names;
}

/**
 * A name of at most so many characters, shortened in the middle: both ends tell names apart.
 * @param {string} name
 * @param {number} most
 */
export function shorten(name, most) {
  const letters = Array.from(name);
  if (letters.length <= most) return name;
  const end = Math.ceil((most - 1) / 2);
  return `${letters.slice(0, most - 1 - end).join("")}…${letters.slice(-end).join("")}`;
}

/** @param {string} text */
function group(text) {
  const signed = Number(text) ? text : text.replace("-", ""); // nothing has no sign
  const [whole, rest] = signed.split(".");
  const grouped = /\d{5}/.test(whole) ? whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") : whole;
  return minus(rest ? `${grouped}.${rest}` : grouped);
}

/** @param {string} text */
function minus(text) {
  return text.replace("-", "−");
}

/** @param {number} integer */
function superscript(integer) {
  return String(integer).replace(/./g, (c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"["0123456789".indexOf(c)] ?? "⁻");
}
