import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { expect, type Page } from "@playwright/test";
import type { Service } from "./service";

/** The path of an example that is shipped, such as "upscale". */
export const example = (name: string) => resolve(`../workflows/${name}.json`);

/** Drops a file from the disk onto the page, as a hand would. */
export async function drop(page: Page, path: string): Promise<void> {
  await expect(page.getByRole("heading", { name: "Drop a workflow anywhere on this page" })).toBeVisible();
  const content = await readFile(path, "base64");
  const data = await page.evaluateHandle(
    ([text = "", name = ""]) => {
      const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], name));
      return transfer;
    },
    [content, basename(path)],
  );
  for (const type of ["dragenter", "dragover", "drop"]) await page.dispatchEvent("main", type, { dataTransfer: data });
}

/** Imports an example by the API. */
export async function importExample(service: Service, name: string, title: string): Promise<void> {
  const content = await readFile(example(name), "base64");
  await service.ask("WorkflowService/ImportWorkflow", { content, filename: `${name}.json`, title });
}
