// The start. Who has no session sees the login at once, while the configuration and the sign-in library are still
// on their way; who has one is recognised first.
import { App } from "./app.ts";
import { Auth } from "./auth.ts";
import { authErrorMessage } from "./auth-errors.ts";
import { followOtherTabs, hasStoredSession, mayHaveSession } from "./browser-session.ts";
import { type Config, ConfigError, loadConfig } from "./config.ts";
import { Shell } from "./shell.ts";
import { listSkeleton } from "./ui/skeleton.ts";
import "./styles/index.css";
import { fatalMessage } from "./views/message.ts";

/** Milliseconds. */
const QUIET = 4_000;

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
      void import("./views/workspace.ts").catch(() => undefined);
      shell.showMessage(listSkeleton());
      config = await loading;
      if (hasStoredSession(localStorage, config.userPoolClientId)) await auth.restore();
      app.start();
    } else {
      app.start();
      config = await loading;
      ahead(() => {
        void auth.provider().catch(() => undefined);
        void import("./views/workspace.ts").catch(() => undefined);
      });
    }
    followOtherTabs(auth, config.userPoolClientId);
  } catch (error) {
    shell.showMessage(fatalMessage("The app can't start", authErrorMessage(error)));
  }
}

function missing(): never {
  throw new ConfigError("The configuration is not loaded yet.");
}

/**
 * What follows the login takes no time from the first view's: it is fetched at the first key or touch, which is long
 * before it is needed, or once the page has been quiet for a while.
 */
function ahead(work: () => void): void {
  const signs = ["keydown", "pointerdown", "input"];
  const once = () => {
    clearTimeout(timer);
    for (const sign of signs) removeEventListener(sign, once, true);
    work();
  };
  const timer = setTimeout(once, QUIET);
  for (const sign of signs) addEventListener(sign, once, true);
}

const root = document.getElementById("app");
if (root) void start(root);
