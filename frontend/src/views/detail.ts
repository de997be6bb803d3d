// One todo in full: its text, its notes, its files, and everything that can be done with it.
import type { Todo } from "../api.ts";
import { messageOf, SessionEndedError } from "../api-error.ts";
import type { Context, View } from "../context.ts";
import { instantLabel } from "../dates.ts";
import { h, icon, replace } from "../dom.ts";
import { confirmDialog } from "../ui/dialog.ts";
import { alertBox } from "../ui/form.ts";
import { ICONS } from "../ui/icons.ts";
import { editForm, hasEditDraft } from "./edit-form.ts";
import { filesPanel } from "./files.ts";
import { notesForm } from "./notes-form.ts";
import { dueChip } from "./todo-row.ts";

export function detailView(context: Context, todoID: string): View {
  const { api, drafts, list, notices, router, uploads } = context;
  const alert = alertBox();
  const heading = h("h2", { tabindex: "-1", class: "detail-title" });
  const head = h("div", { class: "detail-head" });
  const rest = h("div", { class: "detail-rest" });
  const close = h("a", { class: "button quiet close", href: "/todos" }, icon(ICONS.back), "All todos");
  const element = h("article", { class: "detail", "aria-label": "Todo" }, close, alert.element, head, rest);
  const left = new AbortController();
  let files: ReturnType<typeof filesPanel> | null = null;
  let shown: Todo | null = null;
  let editing = hasEditDraft(drafts, todoID);

  const guarded = async (work: () => Promise<void>) => {
    alert.clear();
    try {
      await work();
    } catch (error) {
      if (left.signal.aborted || error instanceof SessionEndedError) return;
      alert.show(messageOf(error));
    }
  };

  const changed = (todo: Todo) => {
    shown = todo;
    list.put(todo);
    if (!left.signal.aborted) showHead(todo);
  };

  const remove = async (todo: Todo) => {
    const sure = await confirmDialog({
      title: "Delete this todo?",
      text: `“${todo.title}”, its notes and its files will be gone for good.`,
      action: "Delete",
    });
    if (!sure) return;
    await guarded(async () => {
      await api.deleteTodo(todo.todoID);
      drafts.drop(`todo.${todo.todoID}.`);
      uploads.drop(todo.todoID);
      list.remove(todo.todoID);
      notices.show(`Deleted “${todo.title}”.`);
      router.go("/todos");
    });
  };

  const edit = (todo: Todo, on: boolean) => {
    editing = on;
    showHead(todo);
    if (!on) heading.focus();
  };

  const showHead = (todo: Todo) => {
    shown = todo;
    replace(heading, todo.title);
    if (editing) {
      const form = editForm(context, todo, {
        saved: (saved) => {
          editing = false;
          changed(saved);
          heading.focus();
        },
        cancelled: () => edit(todo, false),
      });
      replace(head, form);
      return;
    }
    const actions = h(
      "div",
      { class: "detail-actions" },
      action(
        todo.completed ? "Reopen" : "Complete",
        todo.completed ? ICONS.undo : ICONS.check,
        "primary",
        () => guarded(async () => changed(await api.completeTodo(todo.todoID, !todo.completed))),
      ),
      action("Edit", ICONS.edit, "", () => edit(todo, true)),
      action("Delete", ICONS.trash, "danger-quiet", () => remove(todo)),
    );
    replace(
      head,
      heading,
      h(
        "div",
        { class: "row-facts" },
        h(
          "span",
          { class: `fact state${todo.completed ? " done" : ""}` },
          todo.completed ? "Completed" : "Open",
        ),
        todo.dateDue !== "" && dueChip(todo),
        h("span", { class: "fact" }, `Added ${instantLabel(todo.dateCreated)}`),
      ),
      todo.description !== "" && h("p", { class: "detail-text" }, todo.description),
      actions,
    );
  };

  const showAll = (todo: Todo) => {
    showHead(todo);
    files?.dispose();
    files = filesPanel(context, todo.todoID);
    replace(rest, notesForm(context, todo, changed), files.element);
  };

  const load = async () => {
    try {
      const todo = await api.getTodo(todoID, left.signal);
      shown = todo;
      list.put(todo);
      if (files === null) showAll(todo);
      else if (!editing) showHead(todo);
    } catch (error) {
      if (left.signal.aborted || error instanceof SessionEndedError) return;
      alert.show(messageOf(error));
    }
  };

  const unsubscribe = list.store.subscribe(({ changed: latest }) => {
    if (latest?.todoID === todoID && latest !== shown && !editing) showHead(latest);
  });
  const known = list.find(todoID);
  if (known) showAll(known);
  void load();
  return {
    title: known?.title ?? "Todo",
    element,
    focus: known && !editing ? heading : close,
    dispose: () => {
      left.abort();
      unsubscribe();
      files?.dispose();
    },
  };
}

function action(text: string, path: string, kind: string, click: () => void | Promise<void>): HTMLElement {
  let busy = false;
  const run = async () => {
    if (busy) return;
    busy = true;
    try {
      await click();
    } finally {
      busy = false;
    }
  };
  return h(
    "button",
    { type: "button", class: `button ${kind}`, on: { click: () => void run() } },
    icon(path),
    text,
  );
}
