// The rows of the list under the headings that follow from their order. Each row is drawn once and then moved or
// kept: with thousands of them, only what changed is touched. They stand in chunks, and the browser neither lays out
// nor paints a chunk that is off the screen, while its search, the keyboard and assistive technology still find it.
import type { Todo } from "../api.ts";
import { dayOf, GROUP_NAMES, type Group, groupOf } from "../dates.ts";
import { h } from "../dom.ts";

export interface RowFacts {
  chosen: boolean;
  /** Changed here, and not with the API yet. */
  waiting: boolean;
  /** What is marked in the title. */
  search: string;
}

/** Rows: few enough that a chunk costs nothing, enough that there are few of them. */
const CHUNK = 50;

interface Row {
  element: HTMLElement;
  group: Group;
  todo: Todo;
  facts: string;
}

export class TodoRows {
  readonly element = h("div", { class: "groups" });
  readonly #draw: (todo: Todo, facts: RowFacts) => HTMLElement;
  readonly #rows = new Map<string, Row>();
  readonly #groups = new Map<Group, { section: HTMLElement; chunks: HTMLElement }>();

  constructor(draw: (todo: Todo, facts: RowFacts) => HTMLElement) {
    this.#draw = draw;
  }

  show(todos: readonly Todo[], factsOf: (todo: Todo) => RowFacts): void {
    const today = dayOf(new Date());
    this.#dropOthers(new Set(todos.map((todo) => todo.todoID)));
    const sorted = new Map<Group, HTMLElement[]>();
    for (const todo of todos) {
      const group = groupOf(todo, today);
      const row = this.#row(todo, factsOf(todo), group, today);
      const rows = sorted.get(group);
      if (rows) rows.push(row);
      else sorted.set(group, [row]);
    }
    for (const [group, { section }] of this.#groups) if (!sorted.has(group)) section.remove();
    let next = this.element.firstElementChild;
    for (const [group, rows] of sorted) {
      const { section, chunks } = this.#group(group);
      next = inPlace(this.element, section, next);
      fill(chunks, rows);
    }
  }

  #dropOthers(ids: ReadonlySet<string>): void {
    for (const [id, { element }] of this.#rows) {
      if (ids.has(id)) continue;
      element.remove();
      this.#rows.delete(id);
    }
  }

  #row(todo: Todo, facts: RowFacts, group: Group, today: string): HTMLElement {
    const known = this.#rows.get(todo.todoID);
    if (known && known.group !== group) known.element.remove();
    const text = `${today} ${JSON.stringify(facts)}`;
    if (known && known.facts === text && isSame(known.todo, todo)) {
      Object.assign(known, { todo, group });
      return known.element;
    }
    const element = this.#draw(todo, facts);
    known?.element.replaceWith(element);
    this.#rows.set(todo.todoID, { element, todo, group, facts: text });
    return element;
  }

  #group(group: Group): { section: HTMLElement; chunks: HTMLElement } {
    const known = this.#groups.get(group);
    if (known) return known;
    const chunks = h("div", { class: "rows" });
    const title = h("h2", { class: `group-title ${group}` }, GROUP_NAMES[group]);
    const made = { section: h("section", { class: "group" }, title, chunks), chunks };
    this.#groups.set(group, made);
    return made;
  }
}

/** A row that has its place in another chunk now leaves this one when that one is filled. */
function fill(chunks: HTMLElement, rows: readonly HTMLElement[]): void {
  const count = Math.ceil(rows.length / CHUNK);
  while (chunks.children.length < count) chunks.append(h("ul", { class: "chunk" }));
  for (const [index, chunk] of [...chunks.children].entries()) {
    let next = chunk.firstElementChild;
    const own = rows.slice(index * CHUNK, (index + 1) * CHUNK);
    for (const row of own) next = inPlace(chunk, row, next);
    chunk.classList.toggle("full", own.length === CHUNK);
  }
  while (chunks.children.length > count) chunks.lastElementChild?.remove();
}

/**
 * Puts an element before `next` unless it stands there already; returns what follows it. Where `next` alone is in
 * the way, it is that which leaves, to come back at its turn.
 */
function inPlace(parent: Element, element: Element, next: Element | null): Element | null {
  if (element === next) return next.nextElementSibling;
  if (next?.nextElementSibling === element) {
    next.remove();
    return element.nextElementSibling;
  }
  parent.insertBefore(element, next);
  return next;
}

function isSame(a: Todo, b: Todo): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
