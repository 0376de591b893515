import type { Page } from "@playwright/test";
import { serious } from "./axe";
import { importExample } from "./files";
import { SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";
import { expect, test } from "./test";

let service: Service;
test.beforeAll(async () => {
  service = await startService();
  await importExample(service, "text_to_image", "Pictures from words");
  await importExample(service, "upscale", "Larger and sharper");
});
test.afterAll(() => service.dispose());

const chosen = (page: Page) => page.getByRole("button", { name: /^Workflow: / });
const sheet = (page: Page) => page.getByRole("dialog", { name: "Choose a workflow" });
const prompt = (page: Page) => page.getByRole("textbox", { name: "Prompt", exact: true });

test("a workflow is found by words, keeps what was typed, and is there first after it was booked", async ({ page }) => {
  const view = new SchedulerView(page);
  await view.open(service.url);
  await expect(chosen(page)).toContainText("FLUX.2 klein");
  await prompt(page).fill("A heron at dawn");

  await chosen(page).click();
  await expect(sheet(page).getByRole("searchbox")).toBeFocused();
  await page.keyboard.type("words pictures");
  await page.keyboard.press("Enter");
  await expect(chosen(page)).toContainText("Pictures from words");
  await expect(prompt(page)).toHaveValue("A heron at dawn");
  await prompt(page).fill("A heron at dusk");
  await page.getByRole("button", { name: "Book next free slot" }).click();
  await expect(view.panel).toBeVisible();
  await page.getByRole("button", { name: "New booking" }).click();

  await chosen(page).click();
  await expect(sheet(page).getByRole("list").getByRole("button").first()).toContainText("Pictures from words");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Escape");
  await expect(sheet(page)).toBeHidden();
  await expect(chosen(page)).toBeFocused();
});

test("a workflow without a prompt shows what it takes at once", async ({ page }) => {
  const view = new SchedulerView(page);
  await view.open(service.url);
  await chosen(page).click();
  await sheet(page)
    .getByRole("button", { name: /Larger and sharper/ })
    .click();
  await expect(prompt(page)).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Parameters" })).toHaveCount(0);
  await expect(page.getByRole("button", { name: /^My files for / })).toBeVisible();
});

test("on a phone the list comes from below, and fits", async ({ browser }) => {
  const context = await browser.newContext({
    viewport: { width: 360, height: 720 },
    hasTouch: true,
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  await new SchedulerView(page).arrive(service.url);
  await chosen(page).click();
  const place = async () => {
    const box = await sheet(page).boundingBox();
    return [box?.x, box?.width, Math.round((box?.y ?? 0) + (box?.height ?? 0))];
  };
  await expect.poll(place).toEqual([0, 360, 720]); // it may still be coming
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  expect(await serious(page)).toEqual([]);
  await sheet(page)
    .getByRole("button", { name: /Pictures from words/ })
    .click();
  await expect(chosen(page)).toContainText("Pictures from words");
});
