// What the tests are told: the browser to start and the deployment to test. Nothing is guessed, and a missing
// answer fails.
import { readFileSync } from "node:fs";

/** What a test must be told. */
export function required(name, meaning) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: it must hold ${meaning}`);
  return value;
}

function readOutputs(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Error(`E2E_OUTPUTS: \`${path}\` can't be read as JSON: ${error.message}`);
  }
}

export const browserPath = required("BROWSER_PATH", "the path of a Chromium");
export const outputs = readOutputs(
  required("E2E_OUTPUTS", "the path of a file with the deployment's outputs as JSON"),
);
export const siteUrl = outputs.frontend?.SiteUrl;
if (!siteUrl) throw new Error("E2E_OUTPUTS has no `frontend.SiteUrl`");

/** The emulator's fixed codes: sign-up, and reset of a password. */
export const SIGN_UP_CODE = "123456";
export const RESET_CODE = "654321";
