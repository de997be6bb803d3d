// Search as you type, and open, done or all. Typing waits a moment before it asks; an older question is
// cancelled by the list itself.
import type { TodoQuery } from "../api.ts";
import type { Context } from "../context.ts";
import { h, icon } from "../dom.ts";
import type { TodoListState } from "../todo-list.ts";
import { ICONS } from "../ui/icons.ts";

const TYPING_PAUSE = 250;

const FILTERS = [
  { label: "All", completed: null },
  { label: "Open", completed: false },
  { label: "Done", completed: true },
] as const;

export function filterBar({ list, router }: Context): { element: HTMLElement; dispose(): void } {
  const search = h("input", {
    type: "search",
    id: "search",
    name: "search",
    placeholder: "Search titles",
    autocomplete: "off",
    maxlength: 200,
  });
  search.value = list.state.query.search;
  /** What this field has asked for: another search in the list comes from the address. */
  let asked = list.state.query.search;
  const ask = (part: Partial<TodoQuery>, how: "push" | "replace") => {
    void list.load({ ...list.state.query, ...part });
    router.refresh(how);
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const text = search.value.trim();
      if (text === asked) return;
      asked = text;
      ask({ search: text }, "replace");
    }, TYPING_PAUSE);
  });
  const choices = FILTERS.map(({ label, completed }) => {
    const radio = h("input", {
      type: "radio",
      name: "filter",
      value: label.toLowerCase(),
      checked: list.state.query.completed === completed,
      on: { change: () => ask({ completed }, "push") },
    });
    return { radio, completed, element: h("label", {}, radio, h("span", {}, label)) };
  });
  /** The address may bring another query, on the way back for one. */
  const follow = ({ query }: Readonly<TodoListState>) => {
    for (const { radio, completed } of choices) radio.checked = query.completed === completed;
    if (query.search === asked) return;
    clearTimeout(timer);
    asked = query.search;
    search.value = asked;
  };
  const unsubscribe = list.store.subscribe(follow);
  const element = h(
    "div",
    { class: "filter-bar", role: "search" },
    h(
      "div",
      { class: "search" },
      h("label", { for: "search", class: "visually-hidden" }, "Search titles"),
      icon(ICONS.search),
      search,
    ),
    h(
      "fieldset",
      { class: "segments" },
      h("legend", { class: "visually-hidden" }, "Show"),
      ...choices.map((choice) => choice.element),
    ),
  );
  return {
    element,
    dispose: () => {
      clearTimeout(timer);
      unsubscribe();
    },
  };
}
