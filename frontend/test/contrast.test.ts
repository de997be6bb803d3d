// The colours of both schemes against the contrast that WCAG 2.2 asks for (1.4.3 text, 1.4.11 controls).
import { describe, expect, test } from "vitest";
import css from "../src/styles/tokens.css?raw";

const [light = "", dark = ""] = css.split("@media (prefers-color-scheme: dark)");

function colours(source: string): Record<string, string> {
  return Object.fromEntries(
    [...source.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map((found) => [found[1], found[2]]),
  );
}

function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [brighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (brighter + 0.05) / (darker + 0.05);
}

const TEXT = [
  ["ink", "paper"],
  ["ink", "surface"],
  ["ink", "accent-soft"],
  ["ink-soft", "paper"],
  ["ink-soft", "surface"],
  ["ink-soft", "sunken"],
  ["ink-soft", "accent-soft"],
  ["accent", "surface"],
  ["accent", "paper"],
  ["on-accent", "accent"],
  ["on-accent", "accent-strong"],
  ["accent-strong", "accent-soft"],
  ["danger", "surface"],
  ["danger", "paper"],
  ["danger", "danger-soft"],
  ["danger", "accent-soft"],
  ["surface", "danger"],
  ["warn", "surface"],
  ["warn", "accent-soft"],
  ["paper", "ink"],
] as const;

describe.each([
  ["light", colours(light)],
  ["dark", { ...colours(light), ...colours(dark) }],
])("%s", (_scheme, palette) => {
  test.each(TEXT)("%s on %s can be read", (front, back) => {
    expect(contrast(palette[front] ?? "", palette[back] ?? "")).toBeGreaterThanOrEqual(4.5);
  });

  test.each(["paper", "surface"])("the edge of a control stands out from %s", (back) => {
    expect(contrast(palette["line-strong"] ?? "", palette[back] ?? "")).toBeGreaterThanOrEqual(3);
  });
});
