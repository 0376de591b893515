import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Browser, Page } from "@playwright/test";
import { serious } from "./axe";
import { dropOn, importExample } from "./files";
import { chooseWorkflow, importInpainting, importVideo, MaskDesk, noise, type Raster, read } from "./inputs";
import { complaintsOf, SchedulerView } from "./scheduler";
import { type Service, startService } from "./service";
import { expect, test } from "./test";
import { visit } from "./visitor";

let service: Service;
test.beforeAll(async () => {
  service = await startService();
  await importExample(service, "photo_to_painting", "Photo to painting");
  await importExample(service, "repair_a_part", "Repair a part");
  await importInpainting(service, "Paint anew");
  await importVideo(service, "Hand on");
});
test.afterAll(() => service.dispose());

const photo = resolve("../server/internal/simulator/samples/photo.jpg");

/** Opens the form of a workflow. */
async function open(browser: Browser, title: string): Promise<{ page: Page; view: SchedulerView }> {
  const page = await visit(browser, service);
  const view = new SchedulerView(page);
  await expect(page.getByRole("status").filter({ hasText: "Ready" })).toBeVisible();
  await chooseWorkflow(page, title);
  return { page, view };
}

/** Books what is in the fields and waits until it is done. */
async function book(page: Page, prompt: string): Promise<void> {
  const { panel } = new SchedulerView(page);
  await page.getByRole("textbox", { name: "Prompt", exact: true }).or(page.getByLabel("Style")).fill(prompt);
  await page.getByRole("button", { name: "Book next free slot" }).click();
  await expect(panel.getByText("Completed", { exact: true })).toBeVisible({ timeout: 45_000 });
}

/** The file that ComfyUI was handed for one that the selected job was booked with. */
async function handed(page: Page, name: string): Promise<Uint8Array> {
  const { panel } = new SchedulerView(page);
  const address = await panel.getByRole("link", { name }).and(page.locator("[href^='/uploads/']")).getAttribute("href");
  const id = address?.split("/").at(-1) ?? "";
  const files = await service.handed();
  const [found] = [...files].filter(([file]) => file.startsWith(id));
  if (!found) throw new Error(`ComfyUI was handed ${[...files.keys()].join(", ") || "nothing"}, not ${id}`);
  return found[1];
}

test("a photo that is dropped on the page reaches ComfyUI byte for byte, and what it became is the next one's picture", async ({
  browser,
}) => {
  const { page } = await open(browser, "Photo to painting");
  const complaints = complaintsOf(page);
  const bytes = await readFile(photo);
  await dropOn(page, "main", "Sea & sky.jpg", bytes, "image/jpeg");
  await expect(page.getByText("768 × 512, 13.2 KiB")).toBeVisible();
  await page.reload();
  await expect(page.getByText("Sea & sky.jpg")).toBeVisible();
  await book(page, "Oil on canvas");
  expect(Buffer.compare(await handed(page, "Sea & sky.jpg"), bytes)).toBe(0);
  const source = await page.getByRole("img", { name: "Oil on canvas" }).getAttribute("src");
  const painted = await (await page.request.get(service.url + source)).body();

  await page.getByRole("button", { name: "New booking" }).click();
  await page.getByRole("button", { name: "My files for Photo" }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /^Oil on canvas/ })
    .click();
  await expect(page.getByRole("dialog")).toBeHidden();
  await book(page, "Watercolour of the oil");
  expect(Buffer.compare(await handed(page, ".png"), painted)).toBe(0);
  expect(complaints).toEqual([]);
});

test("a video that is dropped plays in its field, reaches ComfyUI byte for byte, and what it became plays too", async ({
  browser,
}) => {
  const { page } = await open(browser, "Hand on");
  const complaints = complaintsOf(page);
  const bytes = await readFile(resolve("../server/internal/simulator/media/clip.mp4"));
  await dropOn(page, "main", "surf.mp4", bytes, "video/mp4");
  const form = page.locator("form");
  await expect(form.getByText("surf.mp4")).toBeVisible();
  const plays = (video: HTMLVideoElement) => Number.isFinite(video.duration) && video.duration > 0;
  await expect.poll(() => form.locator("video").evaluate(plays)).toBe(true);
  await page.getByRole("button", { name: "Book next free slot" }).click();
  const { panel } = new SchedulerView(page);
  await expect(panel.getByText("Completed", { exact: true })).toBeVisible({ timeout: 45_000 });
  expect(Buffer.compare(await handed(page, "surf.mp4"), bytes)).toBe(0);
  await expect.poll(() => panel.locator("video").evaluate(plays)).toBe(true);
  // There is no poster of it here, which is shown and no error of the page.
  await page.goto(`${service.url}/dashboard`);
  await expect(page.getByRole("img", { name: /^Video:/ }).first()).toBeVisible();
  expect(complaints).toEqual([]);
});

test("what is refused is said at its field, in the server's words", async ({ browser }) => {
  const { page } = await open(browser, "Photo to painting");
  await page
    .getByLabel("Photo")
    .setInputFiles({ name: "note.png", mimeType: "image/png", buffer: Buffer.from("Dear friend") });
  await expect(page.getByLabel("Photo")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByRole("button", { name: "Try again" })).toBeVisible();
  await dropOn(page, "main", "clip.mp4", Buffer.from("x"), "video/mp4");
  await expect(page.getByText("No field here takes a video such as “clip.mp4”.")).toBeVisible();
});

/** How much a round brush masks of a pixel: its edge is one pixel soft. */
function dab(x: number, y: number, at: { x: number; y: number }, size: number): number {
  const distance = Math.hypot(x + 0.5 - at.x, y + 0.5 - at.y);
  return Math.round(255 * Math.min(1, Math.max(0, size / 2 + 0.5 - distance)));
}

/** Holds a picture against the colours it must have and the dabs that its transparency is made of. */
function expectMask(
  made: Raster,
  size: number,
  dabs: readonly { x: number; y: number }[],
  colour: (i: number, masked: number) => number,
) {
  const { width, height, data } = made;
  let worst = 0;
  let wrong = 0;
  for (let i = 0; i < width * height; i++) {
    const alpha = data[i * 4 + 3] ?? 0;
    const masked = Math.max(...dabs.map((at) => dab(i % width, Math.floor(i / width), at, size)));
    worst = Math.max(worst, Math.abs(255 - alpha - masked));
    for (let channel = 0; channel < 3; channel++)
      if (data[i * 4 + channel] !== colour(i * 4 + channel, 255 - alpha)) wrong++;
  }
  // A pointer's place is told in fractions that do not all come through.
  expect(worst).toBeLessThanOrEqual(4);
  expect(wrong).toBe(0);
}

/** The size of the brush that is chosen, in pixels of the picture. */
async function brushSize(page: Page): Promise<number> {
  return Number.parseInt((await page.getByRole("slider", { name: "Size" }).getAttribute("aria-valuetext")) ?? "", 10);
}

test("a painted mask reaches ComfyUI pixel for pixel, with every colour below it", async ({ browser }) => {
  const { page } = await open(browser, "Paint anew");
  const complaints = complaintsOf(page);
  const { raster, png } = noise(300, 200);
  await page.getByLabel("Photo").setInputFiles({ name: "noise.png", mimeType: "image/png", buffer: Buffer.from(png) });
  await page.getByRole("button", { name: "Paint mask for Photo" }).click();
  const desk = new MaskDesk(page);
  await expect(desk.stage).toBeVisible();
  const size = await brushSize(page);
  const dabs = [
    { x: 60, y: 50 },
    { x: 240, y: 150 },
  ];
  for (const { x, y } of dabs) {
    const at = await desk.at(300, x, y);
    await page.mouse.click(at.x, at.y);
  }
  const astray = await desk.at(300, 150, 20);
  await page.mouse.click(astray.x, astray.y);
  await page.keyboard.press("Control+z");
  await desk.use();
  await expect(page.getByText("noise_mask.png")).toBeVisible();
  await expect(page.getByText(/^300 × 200/)).toBeVisible();
  await book(page, "A red boat");
  const made = read(await handed(page, "noise_mask.png"));
  expect([made.width, made.height]).toEqual([300, 200]);
  expectMask(made, size, dabs, (i) => raster.data[i] ?? 0);
  expect(complaints).toEqual([]);
});

test("a mask of its own is painted over the photo, and is found again when it is changed", async ({ browser }) => {
  const { page } = await open(browser, "Repair a part");
  await page.getByLabel("Photo").setInputFiles(photo);
  await expect(page.getByText("768 × 512, 13.2 KiB")).toBeVisible();
  const paint = page.getByRole("button", { name: /^(Paint|Edit) mask/ });
  const desk = new MaskDesk(page);
  await paint.click();
  const size = await brushSize(page);
  const first = await desk.at(768, 200, 200);
  await page.mouse.click(first.x, first.y);
  await desk.use();
  await expect(page.getByText("photo_mask.png")).toBeVisible();
  await paint.click();
  const second = await desk.at(768, 500, 300);
  await page.mouse.click(second.x, second.y);
  await desk.use();
  await expect(page.getByRole("progressbar", { name: /^Uploading/ })).toBeHidden();
  await book(page, "A moon");
  expectMask(
    read(await handed(page, "photo_mask.png")),
    size,
    [
      { x: 200, y: 200 },
      { x: 500, y: 300 },
    ],
    (_, masked) => masked,
  );
});

test.describe("on a phone", () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 3 });

  test("a mask is painted with a finger, two fingers zoom and paint nothing, and nothing is off the screen", async ({
    page,
  }) => {
    const view = new SchedulerView(page);
    await view.arrive(service.url);
    await chooseWorkflow(page, "Paint anew");
    const { raster, png } = noise(300, 200);
    await page
      .getByLabel("Photo")
      .setInputFiles({ name: "noise.png", mimeType: "image/png", buffer: Buffer.from(png) });
    await page.getByRole("button", { name: "Paint mask for Photo" }).tap();
    const desk = new MaskDesk(page);
    await expect(desk.stage).toBeVisible();
    const size = await brushSize(page);
    const zoom = page.getByRole("button", { name: /%, show all of it$/ });
    const whole = await zoom.textContent();

    const fingers = await page.context().newCDPSession(page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...touchPoints: { x: number; y: number }[]) =>
      fingers.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: touchPoints.map((point, id) => ({ ...point, id })),
      });
    const [left, right] = [await desk.at(300, 130, 100), await desk.at(300, 170, 100)];
    await touch("touchStart", left);
    await touch("touchStart", left, right);
    for (const by of [10, 20, 30, 40])
      await touch("touchMove", { ...left, x: left.x - by }, { ...right, x: right.x + by });
    await touch("touchEnd");
    await expect(zoom).not.toHaveText(whole ?? "");
    await expect(page.getByRole("button", { name: "Undo" })).toBeDisabled();

    const at = await desk.at(300, 150, 100);
    await page.touchscreen.tap(at.x, at.y);
    await expect(page.getByRole("button", { name: "Undo" })).toBeEnabled();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await desk.use();
    await expect(page.getByText("noise_mask.png")).toBeVisible();
    await expect(page.getByText(/^300 × 200/)).toBeVisible();
    await book(page, "A red boat");
    expectMask(read(await handed(page, "noise_mask.png")), size, [{ x: 150, y: 100 }], (i) => raster.data[i] ?? 0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  });
});

for (const colorScheme of ["light", "dark"] as const)
  test(`axe finds nothing serious in fields of files, masks and the choice of files, ${colorScheme}`, async ({
    browser,
  }) => {
    const { page } = await open(browser, "Repair a part");
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.getByLabel("Photo").setInputFiles(photo);
    await expect(page.getByText("768 × 512, 13.2 KiB")).toBeVisible();
    expect(await serious(page)).toEqual([]);
    await page.getByRole("button", { name: /^Paint mask/ }).click();
    await expect(new MaskDesk(page).stage).toBeVisible();
    expect(await serious(page)).toEqual([]);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "My files for Photo" }).click();
    for (const place of [/^My uploads$/, /input folder$/]) {
      await page.getByRole("dialog").getByRole("button", { name: place }).click();
      await expect(page.getByRole("dialog").getByText("Loading…")).toHaveCount(0);
      expect(await serious(page)).toEqual([]);
    }
  });
