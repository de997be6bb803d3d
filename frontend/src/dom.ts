// Builds elements that are escaped by construction: text only ever becomes text nodes, and an attribute
// that could run code is refused. There is no way to hand markup to this module.

export type Child = Node | string | number | null | undefined | false;

type Handlers = { [E in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[E]) => void };
type Value = string | number | boolean | null | undefined;

export interface Props {
  on?: Handlers;
  [attribute: string]: Value | Handlers;
}

const REFUSED = /^(on|srcdoc$|style$)/i;
const LINK_ATTRIBUTES = new Set(["href", "src", "action", "formaction"]);
const SVG = "http://www.w3.org/2000/svg";

/** `true` gives an empty attribute; `false`, `null` and `undefined` give none. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  const { on, ...attributes } = props;
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value as Value);
  for (const [event, handler] of Object.entries(on ?? {})) {
    element.addEventListener(event, handler as EventListener);
  }
  append(element, children);
  return element;
}

/** An outlined icon of one path, drawn in a 24 by 24 box and hidden from assistive technology. */
export function icon(path: string): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({
    viewBox: "0 0 24 24",
    class: "icon",
    "aria-hidden": "true",
  })) {
    svg.setAttribute(name, value);
  }
  const shape = document.createElementNS(SVG, "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

export function replace(element: Element, ...children: Child[]): void {
  element.replaceChildren();
  append(element, children);
}

/** Renders the inside of an element anew and gives the focus back to whatever has the same `data-key` afterwards. */
export function keepingFocus(container: HTMLElement, render: () => void): void {
  const focused = document.activeElement;
  const key =
    focused instanceof HTMLElement && container.contains(focused) ? focused.dataset["key"] : undefined;
  render();
  if (key !== undefined) byKey(container, key)?.focus({ preventScroll: true });
}

export function byKey(container: HTMLElement, key: string): HTMLElement | null {
  return container.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`);
}

export function setAttribute(element: Element, name: string, value: Value): void {
  if (REFUSED.test(name)) throw new TypeError(`attribute \`${name}\` could run code or carry inline style`);
  if (value === null || value === undefined || value === false) {
    element.removeAttribute(name);
    return;
  }
  if (LINK_ATTRIBUTES.has(name) && !isSafeLink(String(value))) {
    throw new TypeError(`attribute \`${name}\` must be a path or an http(s) address`);
  }
  element.setAttribute(name, value === true ? "" : String(value));
}

export function isSafeLink(value: string): boolean {
  try {
    return ["http:", "https:"].includes(new URL(value, "https://relative.invalid/").protocol);
  } catch {
    return false;
  }
}

function append(element: Element, children: Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    element.append(typeof child === "number" ? String(child) : child);
  }
}
