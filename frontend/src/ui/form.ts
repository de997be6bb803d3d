// What all forms share: one submission at a time, errors beside their fields and in an alert, and the focus
// where the user has to go next.
import { fieldErrorsOf, SessionEndedError } from "../api-error.ts";
import { type Child, h, replace } from "../dom.ts";
import { messageOf } from "../told-error.ts";
import type { FieldErrors } from "../validation.ts";
import type { Field } from "./field.ts";

export interface Alert {
  element: HTMLElement;
  show(message: string): void;
  clear(): void;
}

export function alertBox(): Alert {
  const element = h("div", { class: "alert", role: "alert" });
  return {
    element,
    show: (message) => replace(element, message),
    clear: () => replace(element),
  };
}

export interface FormOptions {
  class?: string;
  /** Its name, or the heading in it that says so; a heading needs an id. */
  label: string | HTMLElement;
  fields: Record<string, Field>;
  /** Placed where the fields go by default. */
  body?: Child[];
  submit: string;
  /** Where another button is the page's first. */
  secondary?: boolean;
  busy: string;
  /** Nobody has to wait for the answer before the next submission. */
  instant?: boolean;
  extra?: Child[];
  validate(): FieldErrors;
  send(): Promise<void>;
  /** Words for what was thrown; the error's own by default. */
  explain?(error: unknown): string;
}

export function form(options: FormOptions): HTMLFormElement {
  const alert = alertBox();
  const button = h(
    "button",
    { type: "submit", class: `button${options.secondary ? "" : " primary"}` },
    options.submit,
  );
  const element = h(
    "form",
    { class: options.class ?? "form", ...named(options.label), novalidate: true },
    typeof options.label !== "string" && options.label,
    ...(options.body ?? Object.values(options.fields).map((each) => each.element)),
    alert.element,
    h("div", { class: "form-actions" }, button, ...(options.extra ?? [])),
  );
  let busy = false;
  const setBusy = (value: boolean) => {
    busy = value;
    button.setAttribute("aria-disabled", String(value));
    replace(button, value ? options.busy : options.submit);
  };
  const send = async () => {
    setBusy(options.instant !== true);
    try {
      await options.send();
    } catch (error) {
      showFailure(options, alert, error);
    } finally {
      setBusy(false);
    }
  };
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    if (busy) return;
    alert.clear();
    if (showErrors(options.fields, options.validate())) void send();
  });
  return element;
}

function named(label: string | HTMLElement): Record<string, string> {
  return typeof label === "string" ? { "aria-label": label } : { "aria-labelledby": label.id };
}

/** The end of a session is not this form's to tell: the login page does. */
function showFailure({ fields, explain = messageOf }: FormOptions, alert: Alert, error: unknown): void {
  if (error instanceof SessionEndedError) return;
  const errors = fieldErrorsOf(error);
  alert.show([explain(error), ...unplaced(fields, errors)].join(" "));
  showErrors(fields, errors);
}

/** Says whether there were none. The first field in error gets the focus. */
function showErrors(fields: Record<string, Field>, errors: Readonly<FieldErrors>): boolean {
  let first: Field | null = null;
  for (const [name, field] of Object.entries(fields)) {
    const message = errors[name] ?? null;
    field.showError(message);
    if (message !== null) first ??= field;
  }
  first?.input.focus();
  return first === null;
}

function unplaced(fields: Record<string, Field>, errors: Readonly<FieldErrors>): string[] {
  return Object.entries(errors).flatMap(([name, message]) => (name in fields ? [] : [message]));
}
