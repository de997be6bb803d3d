// One line to add a todo, which opens for a description and a date. It is free for the next one at once; what the
// API refuses comes back into it, with its idempotency key, so that trying again never adds a second todo.
import type { Context } from "../context.ts";
import { h } from "../dom.ts";
import { SubmissionKey } from "../idempotency.ts";
import { form } from "../ui/form.ts";
import { todoFields } from "./todo-fields.ts";

const EMPTY = { title: "", description: "", dateDue: "" };
const submission = new SubmissionKey();

export function addForm({ drafts, notices, writes }: Context): HTMLElement {
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
    instant: true,
    send: async () => {
      const body = todo.read();
      const sent = Object.entries(todo.fields).map(([name, { input }]) => ({
        name: `add.${name}`,
        input,
        text: input.value,
      }));
      for (const { name, input, text } of sent) drafts.release(input, name, text);
      follow();
      if (element.contains(document.activeElement)) title.input.focus();
      const key = submission.for(body);
      try {
        const { kept } = await writes.add(body, key);
        if (!kept) notices.show(`Added “${body.title}”.`);
      } catch (error) {
        submission.failed(body, key);
        for (const { name, input, text } of sent) drafts.giveBack(input, name, text);
        follow();
        throw error;
      }
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
