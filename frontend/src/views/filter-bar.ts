// Search as you type, and open, done or all. Typing waits a moment before it asks; an older question is
// cancelled by the list itself.
import { h, icon } from "../dom.ts";
import type { TodoList } from "../todo-list.ts";
import { ICONS } from "../ui/icons.ts";

const TYPING_PAUSE = 250;

const FILTERS = [
  { label: "All", completed: null },
  { label: "Open", completed: false },
  { label: "Done", completed: true },
] as const;

export function filterBar(list: TodoList): { element: HTMLElement; dispose(): void } {
  const search = h("input", {
    type: "search",
    id: "search",
    name: "search",
    placeholder: "Search titles",
    autocomplete: "off",
    maxlength: 200,
  });
  search.value = list.state.query.search;
  let timer: ReturnType<typeof setTimeout> | undefined;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const text = search.value.trim();
      if (text !== list.state.query.search) void list.load({ ...list.state.query, search: text });
    }, TYPING_PAUSE);
  });
  const choices = FILTERS.map(({ label, completed }) => {
    const radio = h("input", {
      type: "radio",
      name: "filter",
      checked: list.state.query.completed === completed,
      on: { change: () => void list.load({ ...list.state.query, completed }) },
    });
    return h("label", {}, radio, h("span", {}, label));
  });
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
    h("fieldset", { class: "segments" }, h("legend", { class: "visually-hidden" }, "Show"), ...choices),
  );
  return { element, dispose: () => clearTimeout(timer) };
}
