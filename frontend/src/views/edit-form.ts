// Title, description and date of a todo, changed in place. Only what differs is sent.
import type { NewTodo, Todo } from "../api.ts";
import type { Context } from "../context.ts";
import { h } from "../dom.ts";
import type { Drafts } from "../drafts.ts";
import { form } from "../ui/form.ts";
import { todoFields } from "./todo-fields.ts";

const NAMES = ["title", "description", "dateDue"] as const;

export function hasEditDraft(drafts: Drafts, todoID: string): boolean {
  return NAMES.some((name) => drafts.get(`todo.${todoID}.edit.${name}`) !== undefined);
}

/** `close` is called once the change has arrived, is kept for later, or is given up. */
export function editForm({ drafts, writes }: Context, todo: Todo, close: () => void): HTMLElement {
  const edited = todoFields(drafts, `todo.${todo.todoID}.edit.`, todo, "Title");
  const cancel = h("button", { type: "button", class: "button" }, "Cancel");
  cancel.addEventListener("click", () => {
    edited.forget();
    close();
  });
  const element = form({
    class: "form edit-form",
    // Where the todo's title was: the headings below it keep their level.
    label: h("h2", { id: "edit-heading", class: "visually-hidden" }, "Change the todo"),
    fields: edited.fields,
    submit: "Save",
    busy: "Saving …",
    extra: [cancel],
    validate: edited.errors,
    send: async () => {
      const change = difference(todo, edited.read());
      if (Object.keys(change).length === 0) return cancel.click();
      await writes.update(todo, change);
      edited.forget();
      close();
    },
  });
  queueMicrotask(() => edited.fields.title.input.focus());
  return element;
}

export function difference(before: NewTodo, after: NewTodo): Partial<NewTodo> {
  return Object.fromEntries(
    NAMES.filter((name) => before[name] !== after[name]).map((name) => [name, after[name]]),
  );
}
