// Calendar dates (`YYYY-MM-DD`) as people speak of them. A due date is a day, not an instant: no time zone
// ever moves it.

export type Group = "overdue" | "today" | "tomorrow" | "week" | "later" | "undated" | "done";

export const GROUP_NAMES: Record<Group, string> = {
  overdue: "Overdue",
  today: "Today",
  tomorrow: "Tomorrow",
  week: "Next 7 days",
  later: "Later",
  undated: "Without a date",
  done: "Done",
};

const DAY = 86_400_000;

/** The calendar day of an instant where the reader is. */
export function dayOf(instant: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${String(instant.getFullYear()).padStart(4, "0")}-${two(instant.getMonth() + 1)}-${two(instant.getDate())}`;
}

/** Whole days from one calendar date to another, negative if it lies before; `null` if either is no date. */
export function daysBetween(from: string, to: string): number | null {
  const start = utcOf(from);
  const end = utcOf(to);
  return start === null || end === null ? null : Math.round((end - start) / DAY);
}

export function isCalendarDate(value: string): boolean {
  return utcOf(value) !== null;
}

/** Groups follow each other in the order of the list itself. */
export function groupOf(todo: { completed: boolean; dateDue: string }, today: string): Group {
  if (todo.completed) return "done";
  const days = daysBetween(today, todo.dateDue);
  if (days === null) return "undated";
  if (days < 0) return "overdue";
  if (days === 0) return "today";
  if (days === 1) return "tomorrow";
  return days <= 7 ? "week" : "later";
}

/** "Today", "Tomorrow", "Yesterday", a weekday within a week, else the date, with its year if that is another one. */
export function dueLabel(dateDue: string, today: string, locale?: string): string {
  const days = daysBetween(today, dateDue);
  const instant = utcOf(dateDue);
  if (days === null || instant === null) return "";
  if (days === 0) return "Today";
  if (days === 1) return "Tomorrow";
  if (days === -1) return "Yesterday";
  const options: Intl.DateTimeFormatOptions = { timeZone: "UTC", day: "numeric", month: "short" };
  if (days > 0 && days <= 7) options.weekday = "short";
  if (dateDue.slice(0, 4) !== today.slice(0, 4)) options.year = "numeric";
  return new Intl.DateTimeFormat(locale, options).format(instant);
}

export function instantLabel(rfc3339: string, locale?: string): string {
  const instant = new Date(rfc3339);
  if (Number.isNaN(instant.getTime())) return "";
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(instant);
}

function utcOf(date: string): number | null {
  const parts = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  if (!parts) return null;
  const instant = Date.UTC(Number(parts[1]), Number(parts[2]) - 1, Number(parts[3]));
  return new Date(instant).toISOString().startsWith(date) ? instant : null;
}
