// A labelled field with its hint and its error, tied together for assistive technology.
import { h, replace, setAttribute } from "../dom.ts";

export interface FieldOptions {
  name: string;
  label: string;
  type?: "text" | "email" | "password" | "date" | "search";
  value?: string;
  hint?: string;
  autocomplete?: AutoFill;
  inputmode?: "numeric" | "email" | "text";
  placeholder?: string;
  /** Rows of a text area; a single line without it. */
  rows?: number;
  required?: boolean;
  /** Keeps the label for assistive technology only. */
  hiddenLabel?: boolean;
}

export interface Field {
  element: HTMLElement;
  input: HTMLInputElement | HTMLTextAreaElement;
  readonly value: string;
  showError(message: string | null): void;
}

let count = 0;

export function field(options: FieldOptions): Field {
  count += 1;
  const id = `field-${count}-${options.name}`;
  const attributes = {
    id,
    name: options.name,
    autocomplete: options.autocomplete ?? "off",
    inputmode: options.inputmode,
    placeholder: options.placeholder,
    "aria-required": options.required ? "true" : null,
    "aria-describedby": `${id}-hint ${id}-error`,
  };
  const input = options.rows
    ? h("textarea", { ...attributes, rows: options.rows })
    : h("input", { ...attributes, type: options.type ?? "text" });
  input.value = options.value ?? "";
  const error = h("p", { id: `${id}-error`, class: "field-error" });
  const showError = (message: string | null) => {
    replace(error, message);
    setAttribute(input, "aria-invalid", message === null ? null : "true");
  };
  input.addEventListener("input", () => showError(null));
  const label = h("label", { for: id, class: options.hiddenLabel ? "visually-hidden" : null }, options.label);
  const hint = options.hint ? h("p", { id: `${id}-hint`, class: "field-hint" }, options.hint) : null;
  return {
    element: h("div", { class: `field field-${options.name}` }, label, input, hint, error),
    input,
    get value() {
      return input.value;
    },
    showError,
  };
}
