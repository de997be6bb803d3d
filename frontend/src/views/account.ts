// The frame of the pages before the login: a card with a heading, what to know, a form and ways onward.
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

export function link(path: string, text: string): HTMLElement {
  return h("a", { href: path }, text);
}

export function emailField(value: string): Field {
  return field({ name: "email", label: "E-mail", type: "email", autocomplete: "username", value });
}

export function codeField(): Field {
  return field({ name: "code", label: "Code", autocomplete: "one-time-code", inputmode: "numeric" });
}
