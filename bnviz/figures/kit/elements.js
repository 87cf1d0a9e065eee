// Elements of the page. Text only ever enters it through text nodes.

/** @typedef {string|number|boolean|null|undefined|((event: any) => void)} Value */
/** @typedef {Node|string|null|undefined} Child */

/**
 * Make an HTML element. `onclick: f` adds a listener; null and false attributes are left out.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Object<string, Value>} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function html(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/**
 * Make an SVG element; arguments as in `html`.
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {Object<string, Value>} [attributes]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[T]}
 */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

/**
 * @template {Element} E
 * @param {E} node
 * @param {Object<string, Value>} attributes
 * @param {Child[]} children
 */
function fill(node, attributes, children) {
  set(node, attributes);
  for (const child of children) if (child != null) node.append(child);
  return node;
}

/**
 * Set attributes and listeners of an element, as `html` and `svg` do.
 * @template {Element} E
 * @param {E} node
 * @param {Object<string, Value>} attributes
 */
export function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value == null || value === false) node.removeAttribute(name);
    else {
      const text = value === true ? "" : String(value);
      if (node.getAttribute(name) !== text) node.setAttribute(name, text);
    }
  }
  return node;
}

/**
 * Change a text only where it differs: a live region then speaks once.
 * @param {Element} node
 * @param {string} text
 */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

let ids = 0;

/**
 * An id that no other element of the page has.
 * @param {string} name
 */
export function newId(name) {
  ids += 1;
  return `bnviz-${name}-${ids}-${Math.random().toString(36).slice(2, 7)}`;
}
