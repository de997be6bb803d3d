// One line to add a todo, which opens for a description and a date. A submission that failed keeps its
// idempotency key, even over a new login, so that trying again never adds a second todo.
import type { Context } from "../context.ts";
import { h } from "../dom.ts";
import { SubmissionKey } from "../idempotency.ts";
import { form } from "../ui/form.ts";
import { todoFields } from "./todo-fields.ts";

const EMPTY = { title: "", description: "", dateDue: "" };
const submission = new SubmissionKey();

export function addForm({ api, drafts, list, notices }: Context): HTMLElement {
  const todo = todoFields(drafts, "add.", EMPTY, "New todo");
  const { title, description, dateDue } = todo.fields;
  const element = form({
    class: "add-form",
    label: "Add a todo",
    fields: todo.fields,
    body: [title.element, h("div", { class: "add-more" }, description.element, dateDue.element)],
    submit: "Add",
    busy: "Adding …",
    validate: todo.errors,
    send: async () => {
      const body = todo.read();
      const added = await api.addTodo(body, submission.for(body));
      submission.done();
      todo.forget();
      for (const each of [title, description, dateDue]) each.input.value = "";
      list.put(added);
      notices.show(`Added “${added.title}”.`);
      title.input.focus();
    },
  });
  const open = () => element.classList.add("open");
  const closeIfEmpty = (event: FocusEvent) => {
    const inside = event.relatedTarget instanceof Node && element.contains(event.relatedTarget);
    const empty = [title, description, dateDue].every((each) => each.value === "");
    if (!inside && empty) element.classList.remove("open");
  };
  element.addEventListener("focusin", open);
  element.addEventListener("focusout", closeIfEmpty);
  if (todo.drafted) open();
  return element;
}
