// What the deployment tells the app: read once at the start from the file that index.html names.
import { ToldError } from "./told-error.ts";

export interface Config {
  cognitoEndpoint: string;
  userPoolId: string;
  userPoolClientId: string;
  todosApiUrl: string;
  filesApiUrl: string;
  /** Bytes. */
  maxFileSize: number;
}

export class ConfigError extends ToldError {
  override readonly name = "ConfigError";

  constructor(
    happened: string,
    advice = "Try again in a moment, and if that is no help tell whoever runs this site.",
  ) {
    super([happened, advice]);
  }
}

const TEXTS = ["userPoolId", "userPoolClientId"] as const;
const ADDRESSES = ["cognitoEndpoint", "todosApiUrl", "filesApiUrl"] as const;

export async function loadConfig(page: Document, get: typeof fetch = fetch): Promise<Config> {
  const path = page.querySelector<HTMLMetaElement>('meta[name="app-config"]')?.content;
  if (!path?.startsWith("/") || path.startsWith("//")) {
    throw new ConfigError("The page names no configuration file of its own origin.");
  }
  let response: Response;
  try {
    response = await get(path, { credentials: "omit" });
  } catch {
    throw new ConfigError(
      `The configuration “${path}” could not be loaded.`,
      "Check the connection and try again.",
    );
  }
  if (!response.ok) throw new ConfigError(`The configuration “${path}” answered ${response.status}.`);
  try {
    return parseConfig(await response.json());
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`The configuration “${path}” is not JSON.`);
  }
}

export function parseConfig(value: unknown): Config {
  if (typeof value !== "object" || value === null)
    throw new ConfigError("The configuration is not an object.");
  const raw = value as Record<string, unknown>;
  for (const key of TEXTS) text(raw, key);
  for (const key of ADDRESSES) {
    if (!/^https?:\/\/[^/]/.test(text(raw, key)))
      throw new ConfigError(`Configuration: “${key}” is no address.`);
  }
  const maxFileSize = raw["maxFileSize"];
  if (typeof maxFileSize !== "number" || !Number.isSafeInteger(maxFileSize) || maxFileSize < 1) {
    throw new ConfigError("Configuration: “maxFileSize” is no positive number of bytes.");
  }
  return {
    cognitoEndpoint: text(raw, "cognitoEndpoint"),
    userPoolId: text(raw, "userPoolId"),
    userPoolClientId: text(raw, "userPoolClientId"),
    todosApiUrl: withoutSlash(text(raw, "todosApiUrl")),
    filesApiUrl: withoutSlash(text(raw, "filesApiUrl")),
    maxFileSize,
  };
}

function text(raw: Record<string, unknown>, key: string): string {
  const value = raw[key];
  if (typeof value !== "string" || value === "") throw new ConfigError(`Configuration: “${key}” is missing.`);
  return value;
}

function withoutSlash(address: string): string {
  return address.replace(/\/+$/, "");
}
