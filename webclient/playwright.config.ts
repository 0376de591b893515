import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "e2e",
  // Each file starts a service of its own. A browser that draws without a GPU takes a processor, and waits for half of the time.
  workers: 2,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  // A machine that stalls is not the program's fault: what passes the second time is told as flaky, with its trace. The trace of
  // each first time would take a quarter of the processor.
  retries: 1,
  reporter: [["list"]],
  forbidOnly: true,
  use: {
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    trace: "on-first-retry",
    launchOptions: {
      executablePath: process.env["CHROMIUM_PATH"] ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-dev-shm-usage"],
    },
  },
});
