// The notes of a todo: always open to be written on, saved on demand, kept as a draft until then.
import type { Todo } from "../api.ts";
import type { Context } from "../context.ts";
import { h, replace } from "../dom.ts";
import { field } from "../ui/field.ts";
import { form } from "../ui/form.ts";
import { textError } from "../validation.ts";
import { withError } from "./login.ts";

export function notesForm({ api, drafts }: Context, todo: Todo, saved: (todo: Todo) => void): HTMLElement {
  const key = `todo.${todo.todoID}.notes`;
  const notes = field({
    name: "notes",
    label: "Notes",
    value: todo.notes,
    rows: 5,
    placeholder: "Anything worth remembering",
  });
  const status = h("span", { class: "form-status", role: "status" });
  if (drafts.bind(notes.input, key)) replace(status, "Not saved yet");
  notes.input.addEventListener("input", () => replace(status, "Not saved yet"));
  return form({
    class: "form panel",
    label: "Notes",
    fields: { notes },
    submit: "Save notes",
    secondary: true,
    busy: "Saving …",
    extra: [status],
    validate: () => withError("notes", textError(notes.value)),
    send: async () => {
      const sent = notes.value;
      const answer = await api.addTodoNotes(todo.todoID, sent);
      if (notes.value === sent) {
        drafts.drop(key);
        replace(status, "Saved");
      }
      saved(answer);
    },
  });
}
