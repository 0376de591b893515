import { defineConfig } from "@playwright/test";
import base from "../playwright.config";

// Measurements, not checks: "npm run bench" prints a table.
export default defineConfig({
  ...base,
  testDir: ".",
  testMatch: "*.bench.ts",
  timeout: 15 * 60_000,
  use: { ...base.use, trace: "off" },
});
