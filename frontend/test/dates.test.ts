import { describe, expect, test } from "vitest";
import { dayOf, daysBetween, dueLabel, groupOf, instantLabel, isCalendarDate } from "../src/dates.ts";

const TODAY = "2026-02-27";

test.each([
  ["2026-02-28", true],
  ["2024-02-29", true],
  ["2026-02-29", false],
  ["2026-13-01", false],
  ["2026-1-1", false],
  ["", false],
  ["2026-01-01T00:00", false],
])("%j is a calendar date: %s", (date, expected) => {
  expect(isCalendarDate(date)).toBe(expected);
});

test("days are counted across months, leap years and changes of the clock", () => {
  expect(daysBetween("2026-02-27", "2026-03-01")).toBe(2);
  expect(daysBetween("2024-02-28", "2024-03-01")).toBe(2);
  expect(daysBetween("2026-03-28", "2026-03-30")).toBe(2);
  expect(daysBetween("2026-01-02", "2026-01-01")).toBe(-1);
  expect(daysBetween("2026-01-02", "")).toBeNull();
});

test("the day of an instant is the reader's own", () => {
  expect(dayOf(new Date(2026, 0, 5, 23, 59))).toBe("2026-01-05");
});

describe("groups", () => {
  test.each([
    ["2026-02-26", "overdue"],
    ["2026-02-27", "today"],
    ["2026-02-28", "tomorrow"],
    ["2026-03-01", "week"],
    ["2026-03-06", "week"],
    ["2026-03-07", "later"],
    ["", "undated"],
  ])("%j is %s", (dateDue, group) => {
    expect(groupOf({ completed: false, dateDue }, TODAY)).toBe(group);
  });

  test("a completed todo is done, whatever its date", () => {
    expect(groupOf({ completed: true, dateDue: "2020-01-01" }, TODAY)).toBe("done");
  });
});

describe("labels", () => {
  test.each([
    ["2026-02-27", "Today"],
    ["2026-02-28", "Tomorrow"],
    ["2026-02-26", "Yesterday"],
    ["2026-03-02", "Mon 2 Mar"],
    ["2026-03-20", "20 Mar"],
    ["2026-01-20", "20 Jan"],
    ["2027-01-20", "20 Jan 2027"],
    ["", ""],
  ])("%j is called %j", (dateDue, label) => {
    expect(dueLabel(dateDue, TODAY, "en-GB").replace(",", "")).toBe(label);
  });

  test("an instant that is none has no label", () => {
    expect(instantLabel("soon")).toBe("");
    expect(instantLabel("2026-01-01T12:00:00.000Z", "en-GB")).toContain("2026");
  });
});
