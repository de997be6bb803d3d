// What every error on the screen is made of: what happened, and what to do about it.

/** Whole sentences; the second begins with what to do. */
export type Words = readonly [happened: string, advice: string];

/** An error whose message is meant for people. */
export class ToldError extends Error {
  override readonly name: string = "ToldError";

  constructor(words: Words) {
    super(words.join(" "));
  }
}

/** What to show for anything that was thrown. What was not made for people is quoted between words that are. */
export function messageOf(error: unknown): string {
  if (error instanceof ToldError) return error.message;
  const said = error instanceof Error ? error.message : "";
  return `Something went wrong${quoted(said)} Reload the page and try again.`;
}

/** The words of others as the end of a sentence. */
export function quoted(said: string): string {
  return said === "" ? "." : `: ${said.replace(/[.\s]+$/, "")}.`;
}
