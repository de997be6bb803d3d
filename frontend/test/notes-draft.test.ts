import { expect, test } from "vitest";
import { Drafts } from "../src/drafts.ts";
import { NotesDraft } from "../src/notes-draft.ts";

function begun(saved: string, drafts = new Drafts()) {
  return { drafts, notes: new NotesDraft(drafts, "1", saved) };
}

test("newer notes from the server are shown where nothing was typed", () => {
  const { notes, drafts } = begun("cached");
  notes.update("newer\r\nnotes");
  expect(notes).toMatchObject({ text: "newer\nnotes", unsaved: false, overtaken: false });
  expect(drafts.any).toBe(false);
});

test("newer notes from the server leave a draft alone, and mark it as overtaken", () => {
  const { notes } = begun("cached");
  notes.type("mine");
  notes.update("cached");
  expect(notes.overtaken).toBe(false);
  notes.update("newer");
  expect(notes).toMatchObject({ text: "mine", unsaved: true, overtaken: true });
});

test("a draft that a later form takes up still knows what it was begun on", () => {
  const { notes, drafts } = begun("old");
  notes.type("mine");
  expect(begun("old", drafts).notes.overtaken).toBe(false);
  expect(begun("newer", drafts).notes).toMatchObject({ text: "mine", overtaken: true });
});

test("a draft ends when it is typed back, or when it is what the server has", () => {
  const { notes, drafts } = begun("old");
  notes.type("mine");
  notes.type("old");
  expect(drafts.any).toBe(false);
  notes.type("mine");
  notes.update("mine");
  expect(drafts.any).toBe(false);
});

test("a draft ends when it has arrived", () => {
  const { notes, drafts } = begun("old");
  notes.type("mine");
  notes.arrived("mine", "mine");
  expect(notes).toMatchObject({ text: "mine", unsaved: false });
  expect(drafts.any).toBe(false);
});

test("what is typed while notes are saved goes on as a draft on top of them", () => {
  const { notes } = begun("old");
  notes.type("mine");
  notes.type("mine, and more");
  notes.arrived("mine", "mine");
  expect(notes).toMatchObject({ text: "mine, and more", unsaved: true, overtaken: false });
});
