// A copy of the repository to watch: its configuration, its frontend and its functions are free to be changed, the rest
// is linked. It has an environment and an emulator of its own.
import { execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { required } from "./environment.mjs";

const SOURCE = fileURLToPath(new URL("../../../", import.meta.url));
const COPIED = ["config", "frontend", "functions"];
const LINKED = [".cargo", "bench", "Cargo.lock", "Cargo.toml", "stacks", "target", "tests", "xtask"];
/** After the port of `config/local.yaml`, and after those of the other tests. */
const PORT = 7;
/** Milliseconds: the functions are compiled anew. */
const PATIENCE = 600_000;

export class Repository {
  #root = join(SOURCE, "target/test/watched");
  #xtask = required("E2E_XTASK", "the path of a built xtask");
  #watch = null;
  /** What the watch has said. */
  #lines = [];

  async make() {
    await this.remove();
    mkdirSync(this.#root, { recursive: true });
    const built = join(SOURCE, "frontend/dist");
    for (const name of COPIED) {
      const options = { recursive: true, verbatimSymlinks: true, filter: (path) => path !== built };
      cpSync(join(SOURCE, name), join(this.#root, name), options);
    }
    for (const name of LINKED) symlinkSync(join(SOURCE, name), join(this.#root, name));
    const port = (_, number) => `port: ${Number(number) + PORT}`;
    const local = readFileSync(join(this.#root, "config/local.yaml"), "utf8");
    writeFileSync(join(this.#root, "config/watched.yaml"), local.replace(/port: (\d+)/, port));
    this.edit("config/app.yaml", "defaultEnvironment: local", "defaultEnvironment: watched");
    await this.xtask("local", "reset");
  }

  /** Replaces a text that must be there. */
  edit(file, from, to) {
    const path = join(this.#root, file);
    const text = readFileSync(path, "utf8");
    if (!text.includes(from)) throw new Error(`no \`${from}\` in ${file}`);
    writeFileSync(path, text.replace(from, to));
  }

  /** stdout of a run that must succeed. */
  async xtask(...args) {
    return (await promisify(execFile)(this.#xtask, args, { cwd: this.#root })).stdout;
  }

  /** Ends when the first round is over. */
  async watch() {
    const options = { cwd: this.#root, stdio: ["ignore", "ignore", "pipe"] };
    this.#watch = spawn(this.#xtask, ["watch"], options);
    createInterface(this.#watch.stderr).on("line", (line) => this.#lines.push(line));
    await this.told("Watching");
  }

  /** Waits for a line with these words, the first after those that were waited for before. */
  async told(words) {
    for (const end = Date.now() + PATIENCE; Date.now() < end; ) {
      const at = this.#lines.findIndex((line) => line.includes(words));
      if (at >= 0) return this.#lines.splice(0, at + 1);
      if (this.#watch.exitCode !== null || this.#lines.some((line) => line.startsWith("error"))) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`the watch never said \`${words}\`:\n${this.#lines.join("\n")}`);
  }

  /** With its emulator and its watch. */
  async remove() {
    if (this.#watch?.exitCode === null) {
      const ended = new Promise((resolve) => this.#watch.once("exit", resolve));
      this.#watch.kill("SIGINT");
      await ended;
    }
    await this.xtask("local", "reset").catch(() => undefined);
    rmSync(this.#root, { recursive: true, force: true });
  }
}
