// One todo in full: its text, its notes, its files, and everything that can be done with it.
import type { Todo } from "../api.ts";
import { isNotFound, notThere, SessionEndedError } from "../api-error.ts";
import type { Context, View } from "../context.ts";
import { byKey, h, icon, keepingFocus, replace } from "../dom.ts";
import { messageOf } from "../told-error.ts";
import { alertBox } from "../ui/form.ts";
import { ICONS } from "../ui/icons.ts";
import { skeletonRows } from "../ui/skeleton.ts";
import { editForm, hasEditDraft } from "./edit-form.ts";
import { filesPanel } from "./files.ts";
import { type NotesForm, notesForm } from "./notes-form.ts";
import { type HeadActions, todoHead } from "./todo-head.ts";

export function detailView(context: Context, todoID: string): View {
  const { api, drafts, list, notices, router, writes } = context;
  const alert = alertBox();
  const head = h("div", { class: "detail-head" });
  const rest = h("div", { class: "detail-rest" });
  const close = h("a", { class: "button quiet close", href: "/todos" }, icon(ICONS.back), "All todos");
  const element = h("article", { class: "detail", "aria-label": "Todo" }, close, alert.element, head, rest);
  const left = new AbortController();
  let files: ReturnType<typeof filesPanel> | null = null;
  let notes: NotesForm | null = null;
  let shown: Todo | null = null;
  /** Counts what was changed here: an answer to an older question must not undo it. */
  let changes = 0;
  let editing = hasEditDraft(drafts, todoID);

  const focusHeading = () => byKey(head, "heading")?.focus();

  const busy = (on: boolean) => element.setAttribute("aria-busy", String(on));

  const failed = (error: unknown) => {
    if (!left.signal.aborted && !(error instanceof SessionEndedError)) alert.show(messageOf(error));
  };

  const guarded = async (work: () => Promise<unknown>) => {
    alert.clear();
    try {
      await work();
    } catch (error) {
      failed(error);
    }
  };

  const remove = (todo: Todo) => {
    const removal = writes.remove(todo);
    router.go("/todos");
    const undo = () => {
      if (removal.undo()) byKey(document.body, `open-${todo.todoID}`)?.focus();
      else notices.show(`“${todo.title}” is gone for good already. Add it again if you need it.`);
    };
    notices.show(`Deleted “${todo.title}”.`, { label: "Undo", run: undo, gone: removal.commit });
    removal.outcome.catch((error: unknown) => notices.show(`Not deleted: ${messageOf(error)}`));
  };

  const edit = (todo: Todo, on: boolean) => {
    editing = on;
    showHead(todo);
    if (!on) focusHeading();
  };

  const actions: HeadActions = {
    complete: (todo) => guarded(() => writes.complete(todo, !todo.completed)),
    edit: (todo) => edit(todo, true),
    remove,
  };

  const showHead = (todo: Todo) => {
    const close = () => edit(shown ?? todo, false);
    if (editing) replace(head, editForm(context, todo, close));
    else keepingFocus(head, () => replace(head, ...todoHead(todo, actions)));
  };

  const showAll = (todo: Todo) => {
    busy(false);
    shown = todo;
    showHead(todo);
    files?.dispose();
    files = filesPanel(context, todo.todoID);
    notes = notesForm(context, todo, () => shown ?? todo);
    replace(rest, notes.element, files.element);
  };

  const take = (todo: Todo) => {
    // What is drawn anew under a click loses it, so what has not changed stays.
    const differs = JSON.stringify(todo) !== JSON.stringify(shown);
    shown = todo;
    list.put(todo);
    if (files === null) return showAll(todo);
    notes?.update(todo);
    if (differs && !editing) showHead(todo);
  };

  const load = async (): Promise<void> => {
    const before = changes;
    try {
      const todo = await api.getTodo(todoID, left.signal);
      if (before !== changes) return load();
      const current = writes.asShown(todo);
      if (current === null) throw notThere();
      take(current);
    } catch (error) {
      busy(false);
      if (files === null) replace(rest);
      failed(error);
      if (!isNotFound(error)) return;
      list.remove(todoID);
      drafts.drop(`todo.${todoID}.`);
    }
  };

  let heard = list.state.changed;
  const unsubscribe = list.store.subscribe(({ changed: latest }) => {
    if (latest === heard) return;
    heard = latest;
    if (latest?.todoID !== todoID || latest === shown) return;
    changes += 1;
    shown = latest;
    notes?.update(latest);
    if (!editing) showHead(latest);
  });
  const known = list.find(todoID);
  if (known) showAll(known);
  else {
    busy(true);
    replace(rest, skeletonRows(3));
  }
  void load();
  return {
    title: known?.title ?? "Todo",
    element,
    focus: byKey(head, "heading") ?? close,
    dispose: () => {
      left.abort();
      unsubscribe();
      files?.dispose();
    },
  };
}
