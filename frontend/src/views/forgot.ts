// A forgotten password in two steps: have a code sent, then set a new one with it.
import { normalizeEmail } from "../auth.ts";
import { authErrorMessage } from "../auth-errors.ts";
import type { Context, View } from "../context.ts";
import { h } from "../dom.ts";
import { field } from "../ui/field.ts";
import { form } from "../ui/form.ts";
import { codeError, emailError, PASSWORD_MINIMUM, passwordError, withError } from "../validation.ts";
import { accountCard, codeField, emailField, link } from "./account.ts";

export function forgotView(context: Context): View {
  const { auth, handover } = context;
  const email = emailField(handover.email);
  const element = h("div", {});
  const ask = form({
    label: "Ask for a code",
    fields: { email },
    submit: "Send a code",
    busy: "Sending …",
    explain: authErrorMessage,
    validate: () => withError("email", emailError(email.value)),
    send: async () => {
      handover.email = normalizeEmail(email.value);
      await auth.forgotPassword(handover.email);
      const step = resetCard(context);
      element.replaceChildren(step.element);
      step.focus.focus();
    },
  });
  const intro = handover.message || "We send a code to your address; with it you set a new password.";
  handover.message = "";
  element.append(accountCard("Forgot the password?", intro, ask, link("/login", "Back to the login")));
  return { title: "Forgot the password?", element, focus: email.input };
}

function resetCard({ auth, handover, router }: Context): { element: HTMLElement; focus: HTMLElement } {
  const fields = {
    code: codeField(),
    password: field({
      name: "password",
      label: "New password",
      type: "password",
      autocomplete: "new-password",
      hint: `At least ${PASSWORD_MINIMUM} characters.`,
    }),
  };
  const element = form({
    label: "Set a new password",
    fields,
    submit: "Set the password",
    busy: "Setting …",
    explain: authErrorMessage,
    validate: () => ({
      ...withError("code", codeError(fields.code.value)),
      ...withError("password", passwordError(fields.password.value)),
    }),
    send: async () => {
      await auth.resetPassword(handover.email, fields.code.value, fields.password.value);
      handover.message = "Your new password is set. Log in with it.";
      router.go("/login");
    },
  });
  const intro = `If there is an account for ${handover.email}, a code is on its way there.`;
  return {
    element: accountCard("Set a new password", intro, element, link("/login", "Back to the login")),
    focus: fields.code.input,
  };
}
