// What every view is given, and what it gives back.
import type { Api } from "./api.ts";
import type { Auth } from "./auth.ts";
import type { Config } from "./config.ts";
import type { Drafts } from "./drafts.ts";
import type { Router } from "./router.ts";
import type { TodoList } from "./todo-list.ts";
import type { TodoWrites } from "./todo-writes.ts";
import type { Notices } from "./ui/notices.ts";
import type { Uploads } from "./uploads.ts";

export interface Context {
  /** There for whoever is signed in; the pages before that don't wait for it. */
  config: () => Config;
  auth: Auth;
  api: Api;
  router: Router;
  drafts: Drafts;
  notices: Notices;
  list: TodoList;
  writes: TodoWrites;
  uploads: Uploads;
  /** Handed from one account page to the next; in memory, so that no address ever shows in a URL. */
  handover: { email: string; message: string };
}

export interface View {
  title: string;
  element: HTMLElement;
  /** What to focus once the view is in the page; its heading by default. */
  focus?: HTMLElement;
  /** Takes over another route of the same view, so that nothing is built anew. */
  update?(params: Record<string, string>): void;
  dispose?(): void;
}
