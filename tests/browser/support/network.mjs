// The network as the tests want it: slow, or answering in the place of an API.
import { outputs, siteUrl } from "./environment.mjs";

/** What lets the site read an answer that a test makes up in the place of an API. */
export const CORS = { "access-control-allow-origin": new URL(siteUrl).origin };

/** The calls of the todos API. */
export const TODOS_API = `${outputs.todos.ApiUrl}/**`;

/** Uploads of this page take their time, until the returned function is called. */
export async function slowUploads(page, bytesPerSecond) {
  const network = await page.context().newCDPSession(page);
  const limit = (uploadThroughput) =>
    network.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput,
    });
  await network.send("Network.enable");
  await limit(bytesPerSecond);
  return async () => {
    await limit(-1);
    await network.detach();
  };
}
