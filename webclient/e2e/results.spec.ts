import { readFile } from "node:fs/promises";
import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { importExample } from "./files";
import { type Service, startService } from "./service";
import { expect, test } from "./test";
import { visitAsAdministrator } from "./visitor";

let service: Service;
const jobs = new Map<string, string>();

test.beforeAll(async () => {
  service = await startService();
  for (const name of ["sound", "describe_a_picture", "picture_to_3d"]) jobs.set(name, await booked(name));
});
test.afterAll(() => service.dispose());

/** Imports an example and books it with its defaults; resolves to the job's id. */
async function booked(name: string): Promise<string> {
  await importExample(service, name, name);
  const { workflows } = (await service.ask("WorkflowService/ListWorkflows")) as unknown as {
    workflows: { id: string; title: string }[];
  };
  const workflowId = workflows.find(({ title }) => title === name)?.id ?? "";
  const inputs = name === "picture_to_3d" ? {} : { prompt: { text: "Waves on a beach" } };
  const { job } = (await service.ask("SchedulerService/BookJob", {
    workflowId,
    earliestStartMs: "1",
    inputs,
  })) as unknown as { job: { id: string } };
  return job.id;
}

/** Opens the panel of a job that is done. */
async function open(page: Page, name: string) {
  await page.goto(`${service.url}/?job=${jobs.get(name)}`);
  const panel = page.getByRole("region", { name: "Selected job" });
  await expect(panel.getByText("Completed", { exact: true })).toBeVisible({ timeout: 45_000 });
  return panel;
}

test("a sound is played, a text is copied, a shape is kept, each under a name that can be read", async ({
  browser,
}) => {
  const page = await visitAsAdministrator(browser, service);
  const sound = await open(page, "sound");
  const play = sound.getByRole("button", { name: /^Play waves-on-a-beach_seed-\d+\.flac$/ });
  await expect(play).toBeVisible();
  await expect(sound.getByText(/^0:00 \/ 0:\d\d$/)).toBeVisible();
  const kept = page.waitForEvent("download");
  await sound.getByRole("link", { name: /^Download/ }).click();
  expect((await kept).suggestedFilename()).toMatch(/^waves-on-a-beach_seed-\d+\.flac$/);

  const text = await open(page, "describe_a_picture");
  await expect(
    text.getByRole("region", { name: "Text" }).getByText(/simulated model looked at its colours/),
  ).toBeVisible();
  await text.getByRole("button", { name: "Copy" }).click();
  await expect(text.getByRole("button", { name: "Copied" })).toBeVisible();

  const shape = await open(page, "picture_to_3d");
  await expect(shape.getByRole("link", { name: /^Download .*\.glb$/ })).toBeVisible();
  await page.goto(`${service.url}/dashboard`);
  await expect(page.getByRole("link", { name: "Show the results" })).toHaveCount(3);
});

test("all that one has made is kept as one file", async ({ browser }) => {
  const page = await visitAsAdministrator(browser, service);
  for (const name of jobs.keys()) await open(page, name);
  await page.goto(`${service.url}/dashboard`);
  await page.getByRole("checkbox", { name: "Only mine" }).check();
  const kept = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download all of mine" }).click();
  const zip = await kept;
  expect(zip.suggestedFilename()).toMatch(/^results-of-.+\.zip$/);
  const content = await readFile(await zip.path());
  expect(content.subarray(0, 2).toString()).toBe("PK");
  for (const ending of [".flac", ".txt", ".glb"]) expect(content.includes(ending)).toBe(true);
});

for (const colorScheme of ["light", "dark"] as const)
  test(`axe finds nothing serious in results of any kind, on a phone's width too, ${colorScheme}`, async ({
    browser,
  }) => {
    const page = await visitAsAdministrator(browser, service);
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width: 390, height: 844 });
    for (const name of jobs.keys()) {
      await open(page, name);
      expect(await serious(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    }
  });

async function serious(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).include("[aria-label='Selected job']").analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
}
