import { expect, test } from "vitest";
import { ApiError } from "../src/api-error.ts";
import type { Write } from "../src/outbox.ts";
import { Refusals, refusalOf } from "../src/refusals.ts";

const todoID = "0198";
const error = new ApiError(409, ["No.", "Go on."]);
const add = { title: "t", description: "", dateDue: "" };

test.each<[Write, string, string]>([
  [{ kind: "add", todoID, body: add, dateCreated: "" }, "“t” was not added.", "t"],
  [{ kind: "update", todoID, part: { description: "d" } }, "“t” was not changed.", "d"],
  [{ kind: "complete", todoID, part: { completed: true } }, "“t” was not completed.", ""],
  [{ kind: "complete", todoID, part: { completed: false } }, "“t” was not reopened.", ""],
  [{ kind: "notes", todoID, part: { notes: "n\nm" } }, "“t”: the notes were not saved.", "n\nm"],
  [{ kind: "delete", todoID }, "“t” was not deleted.", ""],
])("%j is told as what it was, with what was typed", (write, summary, text) => {
  const refusal = refusalOf({ id: "1", write, notBefore: 0 }, "t", error);
  expect(refusal).toEqual({ id: "1", summary, reason: "No. Go on.", text });
});

test("a todo that is not loaded has no name", () => {
  const write: Write = { kind: "delete", todoID };
  expect(refusalOf({ id: "1", write, notBefore: 0 }, undefined, error).summary).toBe(
    "A todo was not deleted.",
  );
});

test("a refusal stays until it is dismissed", () => {
  const refusals = new Refusals();
  for (const id of ["1", "2"]) refusals.add({ id, summary: "", reason: "", text: "" });
  refusals.dismiss("1");
  expect(refusals.store.state.items).toMatchObject([{ id: "2" }]);
  refusals.clear();
  expect(refusals.any).toBe(false);
});
