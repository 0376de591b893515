import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { expect, type Page } from "@playwright/test";
import type { Service } from "./service";

/** The path of an example that is shipped, such as "upscale". */
export const example = (name: string) => resolve(`../workflows/${name}.json`);

/** Drops a file from the disk onto the page of workflows, as a hand would. */
export async function drop(page: Page, path: string): Promise<void> {
  await expect(page.getByRole("heading", { name: "Drop a workflow anywhere on this page" })).toBeVisible();
  await dropOn(page, "main", basename(path), await readFile(path));
}

/** Drops a file onto an element, as a hand would. */
export async function dropOn(page: Page, onto: string, name: string, bytes: Uint8Array, type = ""): Promise<void> {
  const data = await page.evaluateHandle(
    ([text = "", name = "", type = ""]) => {
      const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], name, { type }));
      return transfer;
    },
    [Buffer.from(bytes).toString("base64"), name, type],
  );
  for (const event of ["dragenter", "dragover", "drop"]) await page.dispatchEvent(onto, event, { dataTransfer: data });
}

/** Imports an example by the API. */
export async function importExample(service: Service, name: string, title: string): Promise<void> {
  const content = await readFile(example(name), "base64");
  await service.ask("WorkflowService/ImportWorkflow", { content, filename: `${name}.json`, title });
}
