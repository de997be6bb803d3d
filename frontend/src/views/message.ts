// Pages with nothing but a message: a path that leads nowhere, and a start that failed.
import type { View } from "../context.ts";
import { h } from "../dom.ts";
import { link } from "./account.ts";

export function notFoundView(): View {
  const heading = h("h1", { tabindex: "-1" }, "There is nothing here");
  return {
    title: "Not found",
    element: h("section", { class: "message" }, heading, h("p", {}, link("/todos", "Go to your todos"))),
    focus: heading,
  };
}

export function fatalMessage(title: string, message: string): HTMLElement {
  const again = h("button", { type: "button", class: "button primary" }, "Try again");
  again.addEventListener("click", () => location.reload());
  return h("section", { class: "message", role: "alert" }, h("h1", {}, title), h("p", {}, message), again);
}
