// What to say where an API refuses: by the status, and by what was asked for, as the same status means one thing for a
// todo and another for a file.
import { quoted, type Words } from "./told-error.ts";

/** What a request is about. */
export type Subject = "todos" | "todo" | "newTodo" | "notes" | "files" | "file" | "newFile";

const BACK = "Go back to your todos.";
const RELOAD = "Reload the page and try again.";
const SOON = "Try again in a moment.";

/** The statuses whose cause is in the request; `other` is for the subjects that have no words of their own. */
const WORDS: Record<number, Partial<Record<Subject, Words>> & { other: Words }> = {
  400: { other: ["The server could not read what this page sent.", RELOAD] },
  403: { other: ["This login may not do that.", "Log out, and log in as the right user."] },
  404: {
    todo: ["This todo does not exist, or it was deleted.", BACK],
    notes: [
      "The todo of these notes does not exist, or it was deleted.",
      "Copy what you still need and go back to your todos.",
    ],
    files: ["The todo of these files does not exist, or it was deleted.", BACK],
    newFile: ["The todo for this file does not exist, or it was deleted.", BACK],
    file: ["This file does not exist, or it was deleted.", "Reload the page to see which files there are."],
    other: ["The server has nothing at this address.", RELOAD],
  },
  409: {
    newTodo: [
      "There is no room for another todo, or this one was sent before with other words.",
      "Delete todos that you no longer need, or change this one, and add it again.",
    ],
    other: ["There is no room for more.", "Delete todos that you no longer need and try again."],
  },
  413: {
    notes: ["These notes are too large for the server.", "Shorten them and try again."],
    newFile: ["What describes this file is too large for the server.", "Shorten its name and try again."],
    other: ["This is too large for the server.", "Shorten it and try again."],
  },
  422: {
    todos: [
      "The server can't search for this, or go on from here.",
      "Change the search, or reload the page.",
    ],
    notes: ["The server does not take these notes.", "Change them and try again."],
    files: ["The server can't go on from here.", "Reload the page to see the files from the first one on."],
    newFile: ["The server does not take this file.", "Rename it, or choose another one."],
    other: ["The server does not take this todo.", "Change what is not right in it and try again."],
  },
};

/** `said` are the server's own words, `seconds` the wait that it asks for. */
export function refusedWords(status: number, about: Subject, said: string, seconds: number | null): Words {
  const words = WORDS[status];
  if (words) return words[about] ?? words.other;
  if (status === 429) return ["Too many requests at once.", seconds ? `Try again in ${seconds} s.` : SOON];
  if (status > 500 && status < 505) return [`The server is not there right now (${status}).`, SOON];
  if (status >= 500) return [`The server failed${quoted(said || String(status))}`, SOON];
  return [`The server refused the request (${status})${quoted(said)}`, RELOAD];
}
