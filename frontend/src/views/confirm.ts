// The code that proves the address is the user's own, and a way to have another one sent.
import { normalizeEmail } from "../auth.ts";
import { authErrorMessage, isAlreadyConfirmed } from "../auth-errors.ts";
import type { Context, View } from "../context.ts";
import { h, replace } from "../dom.ts";
import { alertBox, form } from "../ui/form.ts";
import { codeError, emailError, withError } from "../validation.ts";
import { accountCard, codeField, emailField, link, tellWhy } from "./account.ts";

export function confirmView({ auth, handover, router }: Context): View {
  const known = handover.email !== "";
  const fields = {
    email: emailField(handover.email),
    code: codeField(),
  };
  const status = h("p", { class: "form-status", role: "status" });
  const unsent = alertBox();
  const resend = h("button", { type: "button", class: "button quiet" }, "Send a new code");
  resend.addEventListener("click", async () => {
    const error = emailError(fields.email.value);
    fields.email.showError(error);
    if (error) return fields.email.input.focus();
    unsent.clear();
    replace(status, "Sending …");
    try {
      await auth.resendCode(fields.email.value);
      replace(status, "A new code is on its way.");
    } catch (failure) {
      replace(status);
      unsent.show(authErrorMessage(failure));
    }
  });
  const element = form({
    label: "Confirm your e-mail address",
    fields,
    submit: "Confirm",
    busy: "Confirming …",
    extra: [resend],
    explain: authErrorMessage,
    validate: () => ({
      ...withError("email", emailError(fields.email.value)),
      ...withError("code", codeError(fields.code.value)),
    }),
    send: async () => {
      let message = "Your e-mail address is confirmed. Log in to start.";
      try {
        await auth.confirm(fields.email.value, fields.code.value);
      } catch (error) {
        if (!isAlreadyConfirmed(error)) throw error;
        message = "This account was confirmed before. Log in to start.";
      }
      handover.email = normalizeEmail(fields.email.value);
      handover.message = message;
      router.go("/login");
    },
  });
  element.append(status, unsent.element);
  const intro = known
    ? `We sent a code to ${handover.email}. Enter it here.`
    : "Enter your address and the code we sent to it.";
  const card = accountCard("Check your e-mail", intro, element, link("/login", "Back to the login"));
  tellWhy(element, handover);
  return {
    title: "Confirm your e-mail address",
    element: card,
    focus: (known ? fields.code : fields.email).input,
  };
}
