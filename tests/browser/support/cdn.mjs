// The site as its CDN sends it: compressed. The emulator compresses nothing, which would make every measurement
// of a load wrong. On 127.0.0.1, which a browser treats as securely as the real origin.
import { createServer, request } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { siteUrl } from "./environment.mjs";

const compress = promisify(gzip);
const SKIPPED = new Set(["content-length", "transfer-encoding", "connection"]);

/** `{ url, close }` of a server in front of the site. */
export async function compressedSite() {
  const site = new URL(siteUrl);
  const server = createServer((incoming, outgoing) => {
    const headers = { host: site.host };
    // The names below `localhost` are for browsers; Node asks the machine.
    const options = {
      host: "127.0.0.1",
      port: site.port,
      path: incoming.url,
      method: incoming.method,
      headers,
    };
    const forwarded = request(options, async (answer) => {
      const chunks = await answer.toArray();
      const body = await compress(Buffer.concat(chunks));
      const kept = Object.entries(answer.headers).filter(([name]) => !SKIPPED.has(name));
      outgoing.writeHead(answer.statusCode, { ...Object.fromEntries(kept), "content-encoding": "gzip" });
      outgoing.end(body);
    });
    forwarded.on("error", (error) => outgoing.destroy(error));
    incoming.pipe(forwarded);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}
