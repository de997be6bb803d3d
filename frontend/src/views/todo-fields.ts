// The fields of a todo, for adding one and for changing one. What is typed is kept as a draft.
import type { NewTodo } from "../api.ts";
import type { Drafts } from "../drafts.ts";
import { type Field, field } from "../ui/field.ts";
import { type FieldErrors, todoErrors } from "../validation.ts";

export interface TodoFields {
  fields: Record<"title" | "description" | "dateDue", Field>;
  read(): NewTodo;
  errors(): FieldErrors;
  forget(): void;
}

/** `prefix` ends with a dot; the drafts' keys start with it. */
export function todoFields(drafts: Drafts, prefix: string, initial: NewTodo, titleLabel: string): TodoFields {
  const fields = {
    title: field({
      name: "title",
      label: titleLabel,
      value: initial.title,
      required: true,
      ...(initial.title === "" && { placeholder: "What needs to be done?", hiddenLabel: true }),
    }),
    description: field({ name: "description", label: "Description", value: initial.description, rows: 3 }),
    dateDue: field({ name: "dateDue", label: "Due date", type: "date", value: initial.dateDue }),
  };
  for (const [name, each] of Object.entries(fields)) drafts.bind(each.input, prefix + name);
  const read = () => ({
    title: fields.title.value.trim(),
    description: fields.description.value,
    dateDue: fields.dateDue.value,
  });
  return { fields, read, errors: () => todoErrors(read()), forget: () => drafts.drop(prefix) };
}
