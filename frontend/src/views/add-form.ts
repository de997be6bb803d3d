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
  const inputs = [title, description, dateDue].map((each) => each.input);
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
      const sent = Object.entries(todo.fields).map(([name, { input }]) => ({
        name,
        input,
        text: input.value,
      }));
      const added = await api.addTodo(body, submission.for(body));
      submission.done();
      for (const { name, input, text } of sent) drafts.release(input, `add.${name}`, text);
      follow();
      list.put(added);
      notices.show(`Added “${added.title}”.`);
      const goingOn = inputs.some((input) => input.value !== "");
      if (!goingOn && element.contains(document.activeElement)) title.input.focus();
    },
  });
  // Opens and closes with what is typed, never with the focus: a page that moves under a click sends it astray.
  const follow = () =>
    element.classList.toggle(
      "open",
      inputs.some((input) => input.value !== ""),
    );
  element.addEventListener("input", follow);
  element.addEventListener("change", follow);
  follow();
  return element;
}
