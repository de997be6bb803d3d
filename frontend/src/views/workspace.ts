// The page after the login: the list, and beside it (on a narrow screen: instead of it) the chosen todo.
import type { Context, View } from "../context.ts";
import { h, replace } from "../dom.ts";
import { isSameQuery, readQuery } from "../list-query.ts";
import { addForm } from "./add-form.ts";
import { detailView } from "./detail.ts";
import { listPane } from "./list.ts";

export function workspaceView(context: Context, params: Record<string, string>): View {
  const list = listPane(context);
  const heading = h("h1", { tabindex: "-1" }, "Your todos");
  const detailSlot = h("div", { class: "detail-slot" });
  const element = h(
    "div",
    { class: "workspace" },
    h("section", { class: "list-slot", "aria-label": "Todos" }, heading, addForm(context), list.element),
    detailSlot,
  );
  let chosen: string | null = null;
  let detail: View | null = null;

  const view: View = {
    title: "Your todos",
    element,
    focus: heading,
    update: (next) => {
      const query = readQuery(location.hash);
      if (!isSameQuery(query, context.list.state.query)) void context.list.load(query);
      const todoID = next["todoID"] ?? null;
      if (todoID === chosen) return;
      const before = chosen;
      chosen = todoID;
      detail?.dispose?.();
      detail = todoID === null ? null : detailView(context, todoID);
      replace(detailSlot, detail?.element);
      element.classList.toggle("with-detail", detail !== null);
      list.choose(todoID);
      view.title = detail?.title ?? "Your todos";
      view.focus = detail?.focus ?? list.rowLink(before) ?? heading;
    },
    dispose: () => {
      detail?.dispose?.();
      list.dispose();
    },
  };
  view.update?.(params);
  return view;
}
