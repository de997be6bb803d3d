import { describe, expect, test } from "vitest";
import { Drafts } from "../src/drafts.ts";
import { SubmissionKey } from "../src/idempotency.ts";
import {
  codeError,
  emailError,
  fileError,
  lengthOf,
  passwordError,
  sizeLabel,
  todoErrors,
} from "../src/validation.ts";
import { difference } from "../src/views/edit-form.ts";

class Field extends EventTarget {
  value = "";

  type(text: string): void {
    this.value = text;
    this.dispatchEvent(new Event("input"));
  }
}

const asInput = (field: Field) => field as unknown as HTMLInputElement;

describe("a submission's key", () => {
  const counting = () => {
    let last = 0;
    return new SubmissionKey(() => {
      last += 1;
      return `key-${last}`;
    });
  };

  test("is the same for a retry of what failed", () => {
    const key = counting();
    key.failed({ title: "a" }, key.for({ title: "a" }));
    expect(key.for({ title: "a" })).toBe("key-1");
  });

  test("is another one for other content", () => {
    const key = counting();
    key.failed({ title: "a" }, key.for({ title: "a" }));
    expect(key.for({ title: "b" })).toBe("key-2");
  });

  test("is another one for the next submission, even with the same content", () => {
    const key = counting();
    expect(key.for({ title: "a" })).toBe("key-1");
    expect(key.for({ title: "a" })).toBe("key-2");
  });

  test("is a UUID", () => {
    expect(new SubmissionKey().for({})).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });
});

describe("drafts", () => {
  test("follow what is typed into one form and fill the next", () => {
    const drafts = new Drafts();
    const first = new Field();
    drafts.bind(asInput(first), "add.title");
    expect([first.value, drafts.any]).toEqual(["", false]);
    first.type("half a");
    const second = new Field();
    drafts.bind(asInput(second), "add.title");
    expect([second.value, drafts.any]).toEqual(["half a", true]);
  });

  test("end when the text is what it was before", () => {
    const drafts = new Drafts();
    const field = new Field();
    field.value = "as saved";
    drafts.bind(asInput(field), "todo.1.edit.title");
    field.type("changed");
    field.type("as saved");
    expect(drafts.any).toBe(false);
  });

  test("that have arrived leave their fields, and what was typed meanwhile stays", () => {
    const drafts = new Drafts();
    const [title, description] = [new Field(), new Field()];
    drafts.bind(asInput(title), "add.title");
    drafts.bind(asInput(description), "add.description");
    title.type("sent");
    description.type("typed meanwhile");
    drafts.release(asInput(title), "add.title", "sent");
    drafts.release(asInput(description), "add.description", "");
    expect([title.value, drafts.get("add.title")]).toEqual(["", undefined]);
    expect([description.value, drafts.get("add.description")]).toEqual([
      "typed meanwhile",
      "typed meanwhile",
    ]);
  });

  test("survive a new login of the same user", () => {
    const drafts = new Drafts();
    expect(drafts.adopt("ada")).toBe(false);
    drafts.set("add.title", "mine");
    expect(drafts.adopt("ada")).toBe(true);
    expect(drafts.get("add.title")).toBe("mine");
  });

  test("are never shown to another user", () => {
    const drafts = new Drafts();
    drafts.adopt("ada");
    drafts.set("add.title", "mine");
    drafts.adopt("bob");
    expect(drafts.get("add.title")).toBeUndefined();
  });

  test("are dropped one by one, or all below a name", () => {
    const drafts = new Drafts();
    for (const key of ["todo.1.notes", "todo.1.edit.title", "todo.12.notes", "add.title"])
      drafts.set(key, "x");
    drafts.drop("add.title");
    drafts.drop("todo.1.");
    expect(
      ["todo.1.notes", "todo.1.edit.title", "todo.12.notes", "add.title"].map((key) => drafts.get(key)),
    ).toEqual([undefined, undefined, "x", undefined]);
  });

  test("are all gone after a logout", () => {
    const drafts = new Drafts();
    drafts.adopt("ada");
    drafts.set("add.title", "mine");
    drafts.clear();
    drafts.adopt("ada");
    expect(drafts.get("add.title")).toBeUndefined();
  });
});

describe("what the forms can tell", () => {
  const todo = { title: "x", description: "", dateDue: "" };

  test.each([
    ["", true],
    ["   ", true],
    ["x", false],
    ["é".repeat(200), false],
    ["🎉".repeat(200), false],
    [` ${"x".repeat(200)} `, false],
    ["x".repeat(201), true],
  ])("a title of %j is refused: %s", (title, refused) => {
    expect("title" in todoErrors({ ...todo, title })).toBe(refused);
  });

  test("a description has 4,000 characters at most", () => {
    expect(todoErrors({ ...todo, description: "🎉".repeat(4_000) })).toEqual({});
    expect(todoErrors({ ...todo, description: "x".repeat(4_001) })).toHaveProperty("description");
  });

  test("a date must exist", () => {
    expect(todoErrors({ ...todo, dateDue: "2026-02-28" })).toEqual({});
    expect(todoErrors({ ...todo, dateDue: "2026-02-30" })).toHaveProperty("dateDue");
  });

  test("characters are counted as Unicode scalar values", () => {
    expect([lengthOf("🎉"), lengthOf("e\u0301"), lengthOf("")]).toEqual([1, 2, 0]);
  });

  test.each(["ada@example.com", " a+b@x.y "])("%j is an address", (email) => {
    expect(emailError(email)).toBeNull();
  });

  test.each(["", "ada", "ada@", "@x.y", "a b@x.y", "ada@localhost"])("%j is no address", (email) => {
    expect(emailError(email)).not.toBeNull();
  });

  test("a password has 12 characters at least", () => {
    expect([passwordError("x".repeat(11)) === null, passwordError("x".repeat(12)) === null]).toEqual([
      false,
      true,
    ]);
  });

  test("a code has six digits", () => {
    expect([codeError(" 123456 "), codeError("12345") === null, codeError("12345a") === null]).toEqual([
      null,
      false,
      false,
    ]);
  });

  test("a file may be as large as the limit and no larger", () => {
    expect(fileError({ name: "a", size: 100 }, 100)).toBeNull();
    expect(fileError({ name: "a", size: 0 }, 100)).toBeNull();
    expect(fileError({ name: "a.bin", size: 101 }, 100)).toContain("a.bin");
  });

  test.each([
    [0, "0 bytes"],
    [1, "1 byte"],
    [1_023, "1,023 bytes"],
    [1_024, "1 kB"],
    [1_536, "1.5 kB"],
    [104_857_600, "100 MB"],
  ])("%i bytes are %s", (bytes, label) => {
    expect(sizeLabel(bytes, "en")).toBe(label);
  });
});

test("a change sends only what differs", () => {
  const before = { title: "a", description: "b", dateDue: "" };
  expect(difference(before, before)).toEqual({});
  expect(difference(before, { ...before, title: "c", dateDue: "2026-01-01" })).toEqual({
    title: "c",
    dateDue: "2026-01-01",
  });
  expect(difference({ ...before, dateDue: "2026-01-01" }, before)).toEqual({ dateDue: "" });
});
