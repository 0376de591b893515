import AxeBuilder from "@axe-core/playwright";
import { expect, test } from "@playwright/test";
import { SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";

let service: Service;
test.beforeAll(async () => {
  service = await startService();
});
test.afterAll(() => service.dispose());

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing serious on either page, ${colorScheme}`, async ({ browser }) => {
    const context = await browser.newContext({ colorScheme, reducedMotion: "reduce" });
    const page = await context.newPage();
    const serious = async () => {
      const { violations } = await new AxeBuilder({ page }).analyze();
      return violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
    };
    const view = new SchedulerView(page);
    await view.open(service.url);
    expect(await serious()).toEqual([]);
    await view.bookNext("A paper astronaut");
    await expect(view.panel.getByText("Completed", { exact: true })).toBeVisible();
    expect(await serious()).toEqual([]);
    await page.getByRole("link", { name: "Dashboard" }).click();
    await expect(page.locator("tr[data-status=completed]").first()).toBeVisible();
    expect(await serious()).toEqual([]);
  });
}
