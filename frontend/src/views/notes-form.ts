// The notes of a todo: always open to be written on, saved on demand, kept as a draft until then.
import type { Todo } from "../api.ts";
import type { Context } from "../context.ts";
import { h, replace } from "../dom.ts";
import { NotesDraft } from "../notes-draft.ts";
import { field } from "../ui/field.ts";
import { form } from "../ui/form.ts";
import { textError, withError } from "../validation.ts";

export interface NotesForm {
  element: HTMLElement;
  /** Takes over the notes the server has, unless others are being written. */
  update(todo: Todo): void;
}

/** `current` is the todo as it is known when the notes are saved. */
export function notesForm({ drafts, writes }: Context, todo: Todo, current: () => Todo): NotesForm {
  const draft = new NotesDraft(drafts, todo.todoID, todo.notes);
  const notes = field({
    name: "notes",
    label: "Notes",
    value: draft.text,
    rows: 5,
    placeholder: "Anything worth remembering",
  });
  const status = h("span", { class: "form-status", role: "status" });
  const tell = (otherwise = "") => {
    const text = draft.unsaved ? "Not saved yet" : otherwise;
    replace(
      status,
      draft.overtaken ? `${text}. Other notes were saved meanwhile: saving replaces them.` : text,
    );
  };
  tell();
  notes.input.addEventListener("input", () => {
    draft.type(notes.value);
    tell();
  });
  const element = form({
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
      draft.arrived(sent, sent);
      try {
        const { kept } = await writes.annotate(current(), sent);
        tell(kept ? "Kept on this device, not sent yet" : "Saved");
      } catch (error) {
        // The notes on the screen have gone back to what the server has; the text is still the user's.
        if (!draft.unsaved) draft.type(sent);
        notes.input.value = draft.text;
        tell();
        throw error;
      }
    },
  });
  const update = (latest: Todo) => {
    const before = draft.text;
    draft.update(latest.notes);
    if (draft.text === before && !draft.overtaken) return;
    // Setting the same text would only move the cursor.
    if (notes.value !== draft.text) notes.input.value = draft.text;
    tell();
  };
  return { element, update };
}
