// The way out. What has not been sent yet gets a last chance; where it can't be, its user decides.
import { authErrorMessage } from "./auth-errors.ts";
import type { Context } from "./context.ts";
import { confirmDialog } from "./ui/dialog.ts";

/** Milliseconds. */
const LAST_CHANCE = 3_000;

export async function logOut({ auth, notices, writes }: Context): Promise<void> {
  writes.commit();
  if (!(await emptied(writes.outbox))) {
    const count = writes.outbox.entries.length;
    const sure = await confirmDialog({
      title: "Log out without sending?",
      text: `${count === 1 ? "1 change has" : `${count} changes have`} not reached the server yet and would be lost.`,
      action: "Log out",
    });
    if (!sure) return;
  }
  writes.outbox.clear();
  try {
    await auth.signOut();
  } catch (error) {
    notices.show(authErrorMessage(error));
  }
}

function emptied({ entries, store }: Context["writes"]["outbox"]): Promise<boolean> {
  if (entries.length === 0) return Promise.resolve(true);
  return new Promise((resolve) => {
    const settle = (result: boolean) => {
      clearTimeout(timer);
      unsubscribe();
      resolve(result);
    };
    const timer = setTimeout(() => settle(false), navigator.onLine ? LAST_CHANCE : 0);
    const unsubscribe = store.subscribe((state) => {
      if (state.entries.length === 0) settle(true);
    });
  });
}
