// The start: configuration, then the session that an earlier visit left, then the first view.
import { messageOf } from "./api-error.ts";
import { App } from "./app.ts";
import { Auth } from "./auth.ts";
import { followOtherTabs, hasStoredSession } from "./browser-session.ts";
import { loadConfig } from "./config.ts";
import { h } from "./dom.ts";
import { Shell } from "./shell.ts";
import "./styles/index.css";
import { fatalMessage } from "./views/message.ts";

async function start(root: HTMLElement): Promise<void> {
  let auth: Auth | null = null;
  const logOut = () => {
    auth?.signOut().catch((error: unknown) => shell.notices.show(messageOf(error)));
  };
  const shell = new Shell(root, logOut);
  try {
    const library = import("./cognito.ts");
    library.catch(() => undefined);
    const config = await loadConfig(document);
    auth = new Auth(async () => (await library).createCognito(config));
    if (hasStoredSession(localStorage, config.userPoolClientId)) {
      shell.showMessage(h("p", { class: "starting", role: "status" }, "Loading …"));
      await auth.restore();
    }
    new App(config, auth, shell).start();
    followOtherTabs(auth, config.userPoolClientId);
  } catch (error) {
    shell.showMessage(fatalMessage(messageOf(error)));
  }
}

const root = document.getElementById("app");
if (root) void start(root);
