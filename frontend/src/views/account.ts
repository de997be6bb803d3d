// The frame of the pages before the login: a card with a heading, what to know, a form and ways onward.
import type { Context } from "../context.ts";
import { type Child, h, icon } from "../dom.ts";
import { type Field, field } from "../ui/field.ts";
import { ICONS } from "../ui/icons.ts";

export function accountCard(title: string, intro: string, form: HTMLElement, ...links: Child[]): HTMLElement {
  return h(
    "section",
    { class: "account" },
    h("span", { class: "account-mark" }, icon(ICONS.check)),
    h("h1", { tabindex: "-1" }, title),
    intro !== "" && h("p", { class: "account-intro" }, intro),
    form,
    links.length > 0 && h("p", { class: "account-links" }, ...links),
  );
}

/** What led here is told above the form, once. */
export function tellWhy(form: HTMLElement, handover: Context["handover"]): void {
  if (handover.message !== "") form.before(h("p", { class: "banner", role: "status" }, handover.message));
  handover.message = "";
}

export function link(path: string, text: string): HTMLElement {
  return h("a", { href: path }, text);
}

export function emailField(value: string): Field {
  return field({ name: "email", label: "E-mail", type: "email", autocomplete: "username", value });
}

export function codeField(): Field {
  return field({ name: "code", label: "Code", autocomplete: "one-time-code", inputmode: "numeric" });
}
