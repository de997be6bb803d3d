// Joins the parts: which view a path shows, who may see it, and what happens when a session starts or ends.
import { Api } from "./api.ts";
import type { Auth, AuthState } from "./auth.ts";
import type { Config } from "./config.ts";
import type { Context, View } from "./context.ts";
import { Drafts } from "./drafts.ts";
import { writeQuery } from "./list-query.ts";
import { logOut } from "./log-out.ts";
import { Outbox } from "./outbox.ts";
import { followConnection } from "./reconnect.ts";
import { matchPath, Router } from "./router.ts";
import type { Shell } from "./shell.ts";
import { TodoList } from "./todo-list.ts";
import { TodoWrites } from "./todo-writes.ts";
import { clock, Transport } from "./transport.ts";
import { connectionBanner } from "./ui/connection.ts";
import { holdFocus } from "./ui/focus.ts";
import { followKeyboard } from "./ui/keyboard.ts";
import { refusalList } from "./ui/refusal-list.ts";
import { uploadSteps } from "./upload-steps.ts";
import { Uploads } from "./uploads.ts";
import { confirmView } from "./views/confirm.ts";
import { forgotView } from "./views/forgot.ts";
import { loginView } from "./views/login.ts";
import { fatalMessage, notFoundView } from "./views/message.ts";
import { registerView } from "./views/register.ts";

type Name = "home" | "login" | "register" | "confirm" | "forgot" | "todos";

const ROUTES: Record<string, Name> = {
  "/": "home",
  "/login": "login",
  "/register": "register",
  "/confirm": "confirm",
  "/forgot": "forgot",
  "/todos": "todos",
  "/todos/:todoID": "todos",
};

type MakeView = (context: Context, params: Record<string, string>) => View;

/** What is behind the login is a file of its own: nobody waits for it on the way there. */
const VIEWS: Record<Exclude<Name, "home">, () => Promise<MakeView>> = {
  login: async () => loginView,
  register: async () => registerView,
  confirm: async () => confirmView,
  forgot: async () => forgotView,
  todos: async () => (await import("./views/workspace.ts")).workspaceView,
};

export class App {
  readonly #shell: Shell;
  readonly #context: Context;
  #turn = 0;
  #shown: { name: Name | null; view: View } | null = null;
  /** Where to go once somebody is logged in. */
  #returnTo = "/todos";

  constructor(config: () => Config, auth: Auth, shell: Shell) {
    this.#shell = shell;
    const transport = new Transport(auth, fetch.bind(globalThis), clock);
    const api = new Api(config, transport, () => auth.identity?.sub ?? "");
    const writes = new TodoWrites(api, new Outbox(localStorage), () => this.#context.list, {
      exclusively: (work) => navigator.locks.request("outbox", work),
      now: Date.now,
      later: (milliseconds, work) => {
        const timer = setTimeout(work, milliseconds);
        return () => clearTimeout(timer);
      },
    });
    this.#context = {
      config,
      auth,
      api,
      router: new Router(
        (path) => this.#open(path),
        (path) => (path.startsWith("/todos") ? writeQuery(this.#context.list.state.query) : ""),
      ),
      drafts: new Drafts(),
      notices: shell.notices,
      list: new TodoList(api, () => writes.pending()),
      writes,
      uploads: new Uploads((todoID) => uploadSteps(api, todoID)),
      handover: { email: "", message: "" },
    };
  }

  logOut(): void {
    void logOut(this.#context);
  }

  start(): void {
    const { auth, router, uploads, drafts, writes } = this.#context;
    this.#shell.news.append(connectionBanner(writes), refusalList(writes.refusals, auth));
    followConnection(this.#context);
    followKeyboard();
    holdFocus();
    writes.onDeleted((todoID) => {
      drafts.drop(`todo.${todoID}.`);
      uploads.drop(todoID);
    });
    if (auth.identity) this.#sessionStarted(auth.identity.sub);
    auth.store.subscribe((state) => this.#sessionChanged(state));
    addEventListener("beforeunload", (event) => {
      if (uploads.active || drafts.any || writes.refusals.any) event.preventDefault();
    });
    for (const type of ["dragover", "drop"] as const) addEventListener(type, refuseFiles);
    router.start();
  }

  #sessionChanged({ identity, ending }: Readonly<AuthState>): void {
    const { router, handover, drafts, uploads, writes } = this.#context;
    if (identity) {
      this.#sessionStarted(identity.sub);
      handover.email = "";
      router.go(this.#returnTo, "replace");
      this.#returnTo = "/todos";
      return;
    }
    this.#shell.showUser(null);
    this.#shell.notices.clear();
    writes.sender.stop();
    writes.outbox.adopt(null);
    uploads.drop();
    if (ending === "logged-out") {
      drafts.clear();
      writes.refusals.clear();
      router.go("/login");
    } else {
      handover.message = "Your session has ended. Log in to go on; what you typed is kept.";
      router.go(router.path, "replace");
    }
  }

  #sessionStarted(sub: string): void {
    const context = this.#context;
    const { api, writes } = context;
    writes.sender.stop();
    writes.outbox.adopt(sub);
    if (!context.drafts.adopt(sub)) {
      context.list = new TodoList(api, () => writes.pending());
      writes.refusals.clear();
    }
    writes.sender.start();
    this.#shell.showUser(context.auth.identity);
    this.#close();
  }

  #open(path: string): void {
    const { router, auth } = this.#context;
    const match = matchPath(ROUTES, path);
    const signedIn = auth.identity !== null;
    if (match === null) {
      this.#turn += 1;
      this.#show(null, notFoundView());
    } else if (match.name !== "home" && (match.name === "todos") === signedIn)
      void this.#enter(match.name, match.params);
    else {
      if (match.name === "todos") this.#returnTo = path;
      router.go(signedIn ? "/todos" : "/login", "replace");
    }
  }

  async #enter(name: Exclude<Name, "home">, params: Record<string, string>): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    const view = this.#shown?.view;
    if (view?.update && this.#shown?.name === name) {
      view.update(params);
      this.#shell.settle(view);
      return;
    }
    try {
      const make = await VIEWS[name]();
      // Whoever went on meanwhile is somewhere else by now.
      if (turn === this.#turn) this.#show(name, make(this.#context, params));
    } catch {
      this.#close();
      this.#shell.showMessage(
        fatalMessage("This page could not be loaded", "Check the connection and try again."),
      );
    }
  }

  #show(name: Name | null, view: View): void {
    this.#close();
    this.#shown = { name, view };
    this.#shell.show(view);
  }

  #close(): void {
    this.#shown?.view.dispose?.();
    this.#shown = null;
  }
}

/** Beside the place meant for it, a dropped file would replace the page. */
function refuseFiles(event: DragEvent): void {
  if (event.defaultPrevented || !event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "none";
}
