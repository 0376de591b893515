import { test as base, expect } from "@playwright/test";

/**
 * A test that leaves no page open: all tests share one browser, and a page whose service is gone goes on asking for it for as long as
 * the others run.
 */
const test = base.extend<{ closedPages: undefined }>({
  closedPages: [
    async ({ browser }, use) => {
      await use(undefined);
      await Promise.all(browser.contexts().map((context) => context.close()));
    },
    { auto: true },
  ],
});

export { expect, test };
