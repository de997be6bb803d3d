// What the forms can tell before asking the server. The limits are the API's; the server has the last word.
import { isCalendarDate } from "./dates.ts";

export const TITLE_LIMIT = 200;
export const TEXT_LIMIT = 4_000;
/** The user pool's policy. */
export const PASSWORD_MINIMUM = 12;

export type FieldErrors = Record<string, string>;

/** The error of one field, or none. */
export function withError(name: string, message: string | null): FieldErrors {
  return message === null ? {} : { [name]: message };
}

/** Unicode scalar values, as the API counts. */
export function lengthOf(text: string): number {
  return [...text].length;
}

export function todoErrors(todo: { title: string; description: string; dateDue: string }): FieldErrors {
  const errors: FieldErrors = {};
  const title = lengthOf(todo.title.trim());
  if (title === 0) errors["title"] = "Enter a title.";
  if (title > TITLE_LIMIT) errors["title"] = tooLong(TITLE_LIMIT, title);
  const description = textError(todo.description);
  if (description) errors["description"] = description;
  if (todo.dateDue !== "" && !isCalendarDate(todo.dateDue))
    errors["dateDue"] = "This is no date. Choose one, or leave it empty.";
  return errors;
}

export function textError(text: string): string | null {
  const length = lengthOf(text);
  return length > TEXT_LIMIT ? tooLong(TEXT_LIMIT, length) : null;
}

function tooLong(limit: number, length: number): string {
  return `Shorten this to ${limit} characters; it has ${length}.`;
}

export function emailError(email: string): string | null {
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email.trim())
    ? null
    : "Enter an e-mail address, like name@example.com.";
}

export function passwordError(password: string): string | null {
  return lengthOf(password) >= PASSWORD_MINIMUM ? null : `Enter at least ${PASSWORD_MINIMUM} characters.`;
}

export function codeError(code: string): string | null {
  return /^\d{6}$/.test(code.trim()) ? null : "Enter the six digits of the code.";
}

export function fileError(file: { name: string; size: number }, maxFileSize: number): string | null {
  if (file.size <= maxFileSize) return null;
  return `${file.name} is ${sizeLabel(file.size)}; at most ${sizeLabel(maxFileSize)} are allowed. Choose a smaller one.`;
}

/** "PNG", "PDF": from the name's ending, else from the type. Empty where neither says anything. */
export function typeLabel(file: { fileName: string; contentType: string }): string {
  const ending = /\.([a-z0-9]{1,8})$/i.exec(file.fileName)?.[1];
  if (ending) return ending.toUpperCase();
  const [kind = "", subtype = ""] = file.contentType.split("/");
  return subtype === "octet-stream" || !/^[a-z0-9-]{1,12}$/i.test(subtype)
    ? kind.replace("application", "")
    : subtype.toUpperCase();
}

/** Pictures that any browser draws and none runs. */
const PICTURES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"]);
const LARGEST_PREVIEW = 15 * 1024 ** 2;

export function hasPreview(file: { contentType: string; size: number }): boolean {
  return PICTURES.has(file.contentType.toLowerCase()) && file.size <= LARGEST_PREVIEW;
}

export function sizeLabel(bytes: number, locale?: string): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  return new Intl.NumberFormat(locale, {
    style: "unit",
    unit: units[power] ?? "byte",
    unitDisplay: power === 0 ? "long" : "short",
    maximumFractionDigits: power === 0 ? 0 : 1,
  }).format(bytes / 1024 ** power);
}
