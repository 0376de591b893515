// Opens a file in ComfyUI's own page, as somebody who drops it there does, and writes what the page makes of it to standard output:
// the workflow as the page would save it, and the prompt that it would post. For server/conformance.
//
//     node comfyui-page.mjs URL FILE TYPE
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { argv, env, exit, stdout } from "node:process";
import { chromium } from "@playwright/test";

const [url, file, type] = argv.slice(2);
if (!url || !file || !type) {
  console.error("usage: comfyui-page.mjs URL FILE TYPE");
  exit(2);
}
const browser = await chromium.launch({
  executablePath: env["CHROMIUM_PATH"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
});
try {
  const page = await browser.newPage();
  await page.goto(url);
  await page.waitForFunction(() => window.app?.graph && window.app.extensionManager, undefined, { timeout: 120_000 });
  await page.waitForFunction(() => !document.querySelector("#loading, .p-blockui-mask"), undefined, {
    timeout: 120_000,
  });
  const data = (await readFile(file)).toString("base64");
  await page.evaluate(
    async ({ data, name, type }) => {
      const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
      window.app.graph.clear();
      await window.app.handleFile(new File([bytes], name, { type }));
    },
    { data, name: basename(file), type },
  );
  await page.waitForFunction(() => window.app.graph.nodes.length > 0, undefined, { timeout: 60_000 });
  const opened = await page.evaluate(async () => {
    const { workflow, output } = await window.app.graphToPrompt();
    return { workflow, prompt: output };
  });
  stdout.write(JSON.stringify(opened));
} finally {
  await browser.close();
}
