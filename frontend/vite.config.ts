// The build: every file hashed below assets/, index.html the only one that is not, and nothing inline,
// so that the strictest content security policy holds.
import { defineConfig } from "vitest/config";

export default defineConfig({
  build: {
    target: "es2022",
    outDir: "dist",
    assetsDir: "assets",
    assetsInlineLimit: 0,
    sourcemap: false,
    modulePreload: { polyfill: false },
  },
  // The contrast test reads the style sheet.
  test: { css: true },
});
