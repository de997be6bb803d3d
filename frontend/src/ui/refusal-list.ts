// What was refused after it had been kept for later, below the news of the connection: said at once, there until it is
// dismissed, and with its text to be copied.
import type { Auth } from "../auth.ts";
import { h, icon, replace } from "../dom.ts";
import type { Refusal, Refusals } from "../refusals.ts";
import { ICONS } from "./icons.ts";

export function refusalList(refusals: Refusals, auth: Auth): HTMLElement {
  const element = h("div", { class: "refusals", role: "alert" });
  const row = ({ id, summary, reason, text }: Refusal) =>
    h(
      "div",
      { class: "refusal" },
      h("p", {}, h("b", {}, summary), " ", reason),
      h(
        "button",
        {
          type: "button",
          class: "button quiet icon-only",
          "aria-label": `Dismiss: ${summary}`,
          on: { click: () => refusals.dismiss(id) },
        },
        icon(ICONS.close),
      ),
      text !== "" && h("p", { class: "refusal-text" }, text),
    );
  /** It is its user's own: nobody sees it while nobody is logged in. */
  const render = () =>
    replace(element, ...(auth.identity === null ? [] : refusals.store.state.items.map(row)));
  refusals.store.subscribe(render);
  auth.store.subscribe(render);
  return element;
}
