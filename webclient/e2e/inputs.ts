import { expect, type Locator, type Page } from "@playwright/test";
import { decode, encode } from "fast-png";
import type { Service } from "./service";

/** Raster is a picture in red, green, blue and alpha. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
}

/** A picture without transparency whose every pixel is of another colour than its neighbours, as a PNG. */
export function noise(width: number, height: number): { readonly raster: Raster; readonly png: Uint8Array } {
  const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => (Math.imul(i + 1, 2_654_435_761) >>> 13) & 255);
  const data = Uint8Array.from({ length: width * height * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : (rgb[(i >> 2) * 3 + (i % 4)] ?? 0),
  );
  return { raster: { width, height, data }, png: encode({ width, height, data: rgb, channels: 3 }) };
}

export function read(png: Uint8Array): Raster {
  const { width, height, data, channels } = decode(png);
  expect(channels).toBe(4);
  return { width, height, data };
}

/** Imports a graph in API format that makes a picture anew where the picture that it is given can be seen through. */
export async function importInpainting(service: Service, title: string): Promise<void> {
  const text = (text: string) => ({ class_type: "CLIPTextEncode", inputs: { clip: ["2", 1], text } });
  const graph = {
    "1": { class_type: "LoadImage", inputs: { image: "photo.jpg" }, _meta: { title: "Photo" } },
    "2": { class_type: "CheckpointLoaderSimple", inputs: { ckpt_name: "512-inpainting-ema.safetensors" } },
    "3": text("a red boat"),
    "4": text("blurry"),
    "5": {
      class_type: "VAEEncodeForInpaint",
      inputs: { pixels: ["1", 0], vae: ["2", 2], mask: ["1", 1], grow_mask_by: 6 },
    },
    "6": {
      class_type: "KSampler",
      inputs: {
        model: ["2", 0],
        positive: ["3", 0],
        negative: ["4", 0],
        latent_image: ["5", 0],
        seed: 11,
        steps: 4,
        cfg: 8,
        sampler_name: "euler",
        scheduler: "normal",
        denoise: 1,
      },
    },
    "7": { class_type: "VAEDecode", inputs: { samples: ["6", 0], vae: ["2", 2] } },
    "8": { class_type: "SaveImage", inputs: { images: ["7", 0], filename_prefix: "anew" } },
  };
  await importGraph(service, graph, title);
}

/** Imports a graph that hands a video on as it is. */
export async function importVideo(service: Service, title: string): Promise<void> {
  const graph = {
    "1": { class_type: "LoadVideo", inputs: { file: "clip.mp4" }, _meta: { title: "Clip" } },
    "2": {
      class_type: "SaveVideo",
      inputs: { video: ["1", 0], filename_prefix: "clip", format: "auto", codec: "auto" },
    },
  };
  await importGraph(service, graph, title);
}

async function importGraph(service: Service, graph: object, title: string): Promise<void> {
  const content = Buffer.from(JSON.stringify(graph)).toString("base64");
  await service.ask("WorkflowService/ImportWorkflow", { content, filename: "graph.json", title });
}

/** Chooses a workflow on the scheduler page. */
export async function chooseWorkflow(page: Page, title: string): Promise<void> {
  await page.getByRole("button", { name: /^Workflow: / }).click();
  await page.getByRole("dialog").getByRole("button", { name: title }).first().click();
  await expect(page.getByRole("button", { name: `Workflow: ${title}` })).toBeVisible();
}

/** MaskDesk is the window in which masks are painted. */
export class MaskDesk {
  readonly page: Page;
  readonly stage: Locator;

  constructor(page: Page) {
    this.page = page;
    this.stage = page.getByRole("application", { name: "Picture to paint on" });
  }

  /** The point of the screen that is a point of a picture of this width. */
  async at(width: number, x: number, y: number): Promise<{ x: number; y: number }> {
    // The window glides in: until it has come to rest, a point of the picture is not where it will be clicked.
    await this.stage.evaluate((stage) =>
      Promise.all((stage.closest("dialog")?.getAnimations() ?? []).map(({ finished }) => finished)),
    );
    const box = await this.stage.locator("canvas").last().boundingBox();
    if (!box) throw new Error("the picture is not on the page");
    const scale = box.width / width;
    return { x: box.x + x * scale, y: box.y + y * scale };
  }

  async use(): Promise<void> {
    await this.page.getByRole("button", { name: "Use mask" }).click();
    await expect(this.stage).toBeHidden();
  }
}
