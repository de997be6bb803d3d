// What stands where the list will be while it is on its way.
import { h } from "../dom.ts";

export function skeletonRows(count: number): HTMLElement {
  const bars = Array.from({ length: count }, () => h("div", { class: "skeleton" }));
  return h(
    "div",
    { class: "skeletons", role: "status" },
    h("span", { class: "visually-hidden" }, "Loading"),
    ...bars,
  );
}

/** The page of the list before anybody knows what is in it, in the list's own measures. */
export function listSkeleton(): HTMLElement {
  return h(
    "div",
    { class: "workspace" },
    h("div", { class: "list-slot" }, h("h1", {}, "Your todos"), skeletonRows(6)),
  );
}
