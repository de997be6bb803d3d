// Tokens, and the places where they must never be: addresses and the console.
import assert from "node:assert/strict";

/** Everything that the page asks for, navigates to and says from now on, as a list that grows. */
export function everythingSaid(page) {
  const texts = [];
  page.on("request", (request) => texts.push(request.url()));
  page.on("framenavigated", (frame) => texts.push(frame.url()));
  page.on("console", (message) => {
    texts.push(message.text());
    // An object's text is a short form of it.
    for (const handle of message.args()) {
      handle
        .evaluate((value) => JSON.stringify(value) ?? "")
        .then((text) => texts.push(text))
        .catch(() => undefined);
    }
  });
  return texts;
}

/** The tokens of the page's session. */
export function tokensOf(page) {
  return page.evaluate(() =>
    Object.entries(localStorage).flatMap(([name, value]) => (/[tT]oken$/.test(name) ? [value] : [])),
  );
}

export function expectNoToken(texts, tokens) {
  for (const token of tokens) {
    const holds = (text) => text.includes(token) || text.includes(encodeURIComponent(token));
    assert.deepEqual(texts.filter(holds), []);
  }
}
