/**
 * Small helpers to build elements. Text goes in as text, never as HTML.
 * @module
 */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | boolean | ((event: Event) => void)>} [properties] attributes; functions are listeners
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/**
 * @param {string} name of an element of SVG
 * @param {Record<string, string | number>} [attributes]
 * @param {...(Node | string)} children
 * @returns {SVGElement}
 */
export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, String(value));
  element.append(...children);
  return element;
}

/**
 * Change a text only where it has changed: the browser lays out again what is set.
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {string} value
 */
export function setAttribute(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/**
 * Fill in what index.html leaves to be said, by its attributes `data-text` and `data-label`.
 * @param {Record<string, string>} texts
 */
export function fillTexts(texts) {
  for (const element of document.querySelectorAll("[data-text]"))
    element.textContent = texts[element.getAttribute("data-text") ?? ""] ?? "";
  for (const element of document.querySelectorAll("[data-label]"))
    element.setAttribute("aria-label", texts[element.getAttribute("data-label") ?? ""] ?? "");
}

/**
 * @template {Element} [E=HTMLElement]
 * @param {string} id
 * @returns {E} the element of index.html
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`no element ${id}`);
  return /** @type {E} */ (/** @type {unknown} */ (element));
}
