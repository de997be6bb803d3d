import { describe, expect, test } from "vitest";
import { readQuery, writeQuery } from "../src/list-query.ts";
import { pieces } from "../src/search-text.ts";

describe("the list's query in the address", () => {
  test.each([
    [{ search: "", completed: null }, ""],
    [{ search: "", completed: false }, "#show=open"],
    [{ search: "a&b #ü", completed: true }, "#show=done&search=a%26b+%23%C3%BC"],
  ])("%j is %j, and back", (query, hash) => {
    expect(writeQuery(query)).toBe(hash);
    expect(readQuery(hash)).toEqual(query);
  });

  test.each(["#main", "#show=everything", "#search=", "#%E0%A4%A"])("%j shows everything", (hash) => {
    expect(readQuery(hash)).toEqual({ search: "", completed: null });
  });
});

describe("what a search has found", () => {
  const marked = (text: string, search: string) =>
    pieces(text, search)
      .map((piece) => (piece.found ? `[${piece.text}]` : piece.text))
      .join("");

  test.each([
    ["Buy milk", "", "Buy milk"],
    ["Buy milk", "MILK", "Buy [milk]"],
    ["milk and Milk", "milk", "[milk] and [Milk]"],
    ["aaa", "aa", "[aa]a"],
    ["Straße", "STRASSE", "[Straße]"],
    ["🎉 Ödön 🎉", "ö", "🎉 [Ö]d[ö]n 🎉"],
    ["a(b", "(", "a[(]b"],
    ["nothing", "x", "nothing"],
  ])("%j by %j is %j", (text, search, expected) => {
    expect(marked(text, search)).toBe(expected);
  });
});
