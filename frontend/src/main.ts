// The start. Who has no session sees the login at once, while the configuration and the sign-in library are still
// on their way; who has one is recognised first.
import { messageOf } from "./api-error.ts";
import { App } from "./app.ts";
import { Auth } from "./auth.ts";
import { followOtherTabs, hasStoredSession, mayHaveSession } from "./browser-session.ts";
import { type Config, ConfigError, loadConfig } from "./config.ts";
import { Shell } from "./shell.ts";
import { listSkeleton } from "./ui/skeleton.ts";
import "./styles/index.css";
import { fatalMessage } from "./views/message.ts";

async function start(root: HTMLElement): Promise<void> {
  const loading = loadConfig(document);
  let config: Config | null = null;
  const auth = new Auth(async () => {
    const [library, loaded] = await Promise.all([import("./cognito.ts"), loading]);
    return library.createCognito(loaded);
  });
  const shell = new Shell(root, () => app.logOut());
  const app: App = new App(() => config ?? missing(), auth, shell);
  try {
    if (mayHaveSession(localStorage)) {
      shell.showMessage(listSkeleton());
      config = await loading;
      if (hasStoredSession(localStorage, config.userPoolClientId)) await auth.restore();
      app.start();
    } else {
      app.start();
      config = await loading;
      afterPaint(() => void auth.provider().catch(() => undefined));
    }
    followOtherTabs(auth, config.userPoolClientId);
  } catch (error) {
    shell.showMessage(fatalMessage(messageOf(error)));
  }
}

function missing(): never {
  throw new ConfigError("The configuration is not loaded yet.");
}

/** So that the library's start takes no time from the first view's. */
function afterPaint(work: () => void): void {
  requestAnimationFrame(() => setTimeout(work));
}

const root = document.getElementById("app");
if (root) void start(root);
