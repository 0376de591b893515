import { writeFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { serious } from "./axe";
import { drop, example, importExample } from "./files";
import { complaintsOf, SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";
import { expect, test } from "./test";
import { visit, visitAsAdministrator } from "./visitor";

let service: Service;
test.beforeAll(async () => {
  service = await startService();
});
test.afterAll(() => service.dispose());

const sheet = (page: Page) => page.getByRole("dialog", { name: "New workflow" });

test("a stranger drops a file, sees its form, adds it, books it and has its picture", async ({ browser }) => {
  const page = await visitAsAdministrator(browser, service, "/workflows");
  const complaints = complaintsOf(page);
  await expect(page.getByRole("heading", { name: "Drop a workflow anywhere on this page" })).toBeVisible();
  await drop(page, example("text_to_image"));
  await expect(sheet(page).getByLabel("Title")).not.toHaveValue("");
  await expect(sheet(page).getByRole("textbox", { name: "Prompt", exact: true })).toBeVisible();
  await expect(sheet(page).getByText("Can run")).toBeVisible();
  await sheet(page).getByLabel("Title").fill("My pictures");
  await sheet(page).getByRole("button", { name: "Add", exact: true }).click();

  await expect(page.getByRole("heading", { name: "My pictures" })).toBeVisible();
  await page.getByRole("region", { name: "Workflow", exact: true }).getByRole("button", { name: "Book it" }).click();
  await expect(page.getByRole("button", { name: /^Workflow: My pictures/ })).toBeVisible();
  const view = new SchedulerView(page);
  const prompt = page.getByRole("textbox", { name: "Prompt", exact: true });
  await prompt.fill("A fox made of paper");
  await page.getByRole("button", { name: "Book next free slot" }).click();
  await expect(view.panel.getByRole("img", { name: "A fox made of paper" })).toBeVisible({ timeout: 45_000 });
  expect(complaints).toEqual([]);
});

test("a file that is no workflow is refused in words, and nothing is kept", async ({ browser }) => {
  const page = await visitAsAdministrator(browser, service, "/workflows");
  const path = test.info().outputPath("letter.json");
  await writeFile(path, '{"dear": "friend"}');
  await drop(page, path);
  const refused = page.getByRole("dialog", { name: "letter.json cannot be taken" });
  await expect(refused.getByRole("alert")).toContainText(/workflow/);
  await refused.getByRole("button", { name: "Close" }).last().click();
  await expect(page.getByRole("button", { name: /letter/i })).toHaveCount(0);
});

test("a form is edited beside its preview, and those who fill it in are told what is another", async ({ browser }) => {
  await importExample(service, "portrait", "Portraits");
  const page = await visitAsAdministrator(browser, service, "/workflows");
  await page.getByRole("button", { name: /^Portraits/ }).click();

  const writer = await visit(browser, service);
  await writer.getByRole("button", { name: /^Workflow: / }).click();
  await writer
    .getByRole("dialog")
    .getByRole("button", { name: /Portraits/ })
    .click();
  await writer.getByRole("textbox", { name: "Prompt", exact: true }).fill("An old sailor");

  await page.getByRole("button", { name: "Edit the form" }).click();
  const inputs = page.getByRole("region", { name: "Inputs" });
  await inputs.getByRole("button", { name: /^Prompt/ }).click();
  await inputs.getByLabel("Label").fill("Who is it?");
  await expect(
    page.getByRole("region", { name: "Preview" }).getByRole("textbox", { name: "Who is it?" }),
  ).toBeVisible();
  const hide = inputs.getByRole("button", { name: /^Do not show / }).last();
  const hidden = (await hide.textContent())?.replace("Do not show ", "") ?? "";
  await hide.click();
  await inputs.getByRole("button", { name: "Save the form" }).click();
  await expect(page.getByRole("region", { name: "The form" }).getByLabel("Who is it?")).toBeVisible();

  await expect(writer.getByRole("textbox", { name: "Who is it?" })).toHaveValue("An old sailor");
  await expect(writer.getByRole("alert").filter({ hasText: "This workflow changed" })).toContainText(
    `“${hidden}” is gone.`,
  );
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing serious on the pages of workflows, ${colorScheme}`, async ({ browser }) => {
    const page = await visitAsAdministrator(browser, service, "/workflows", { colorScheme, reducedMotion: "reduce" });
    await expect(page.getByRole("region", { name: "Workflows" }).getByRole("button").nth(1)).toBeVisible();
    expect(await serious(page)).toEqual([]);
    await drop(page, example("upscale"));
    await expect(sheet(page).getByLabel("Title")).toBeVisible();
    expect(await serious(page)).toEqual([]);
    await sheet(page).getByRole("button", { name: "Add", exact: true }).click();
    await page.getByRole("button", { name: "Edit the form" }).click();
    await page.getByRole("region", { name: "Inputs" }).getByRole("button", { expanded: false }).first().click();
    expect(await serious(page)).toEqual([]);
  });
}
