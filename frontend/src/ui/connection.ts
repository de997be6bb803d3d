// Says so where changes can't be sent, and how many wait. Nothing is shown while all is well.
import { h, replace } from "../dom.ts";
import type { Entry } from "../outbox.ts";
import type { TodoWrites } from "../todo-writes.ts";

/** What to tell, or `null` while there is nothing to tell. */
export function connectionText(online: boolean, waiting: boolean, entries: readonly Entry[]): string | null {
  if (online && !waiting) return null;
  const where = online ? "The server can't be reached." : "You're offline.";
  if (entries.length === 0) return online ? null : `${where} Changes are kept on this device and sent later.`;
  const changes = entries.length === 1 ? "1 change is" : `${entries.length} changes are`;
  return `${where} ${changes} kept on this device and sent as soon as possible.`;
}

export function connectionBanner({ outbox, sender }: TodoWrites): HTMLElement {
  const element = h("div", { class: "connection", role: "status" });
  let shown: string | null = null;
  const render = () => {
    const text = connectionText(navigator.onLine, sender.store.state.phase === "waiting", outbox.entries);
    if (text === shown) return;
    shown = text;
    const retry = h(
      "button",
      { type: "button", class: "button small", on: { click: () => sender.kick() } },
      "Try now",
    );
    replace(element, text !== null && h("p", {}, text, navigator.onLine && retry));
  };
  outbox.store.subscribe(render);
  sender.store.subscribe(render);
  for (const type of ["online", "offline"] as const) addEventListener(type, render);
  render();
  return element;
}
