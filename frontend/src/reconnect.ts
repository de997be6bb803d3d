// When to try again, and what must not be lost with the page.
import type { Context } from "./context.ts";

export function followConnection(context: Context): void {
  const { writes } = context;
  const retry = () => {
    writes.sender.kick();
    if (context.list.state.phase === "failed") void context.list.again();
  };
  addEventListener("online", retry);
  addEventListener("pageshow", (event) => {
    if (event.persisted) retry();
  });
  addEventListener("pagehide", () => writes.flush());
  addEventListener("storage", (event) => {
    if (event.storageArea !== localStorage || event.key?.startsWith("outbox.") === false) return;
    if (writes.outbox.reread()) void context.list.load();
    writes.sender.kick();
  });
}
