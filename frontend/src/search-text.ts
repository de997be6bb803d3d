// Where a search is found in a text, by the API's own folding: `Straße` is found by `STRASSE`, and any sigma by any
// other. One code point after the other, so that a place in the folded text is a place in the text.

/** The text as the API compares it. */
export function folded(text: string): string {
  return [...text].map(fold).join("");
}

export interface Piece {
  text: string;
  found: boolean;
}

/** The text in pieces, in order; those that match the search are `found`. */
export function pieces(text: string, search: string): Piece[] {
  const needle = folded(search);
  if (needle === "") return [{ text, found: false }];
  const points = [...text];
  /** For each UTF-16 unit of the folded text, which code point of the text it comes from. */
  const origins = points.flatMap((point, index) => Array<number>(fold(point).length).fill(index));
  const haystack = points.map(fold).join("");
  const found: Piece[] = [];
  let done = 0;
  const take = (end: number, isFound: boolean) => {
    if (end > done) found.push({ text: points.slice(done, end).join(""), found: isFound });
    done = Math.max(done, end);
  };
  for (let at = haystack.indexOf(needle); at !== -1; at = haystack.indexOf(needle, at + needle.length)) {
    take(origins[at] ?? 0, false);
    take((origins[at + needle.length - 1] ?? 0) + 1, true);
  }
  take(points.length, false);
  return found;
}

function fold(point: string): string {
  return point.toLowerCase().toUpperCase().toLowerCase();
}
