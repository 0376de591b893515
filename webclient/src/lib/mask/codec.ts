import type { Mask } from "./mask";
import type { MaskUse, Pixels } from "./pixels";
import { inWorker } from "./pngTasks";

/** MaskCodec turns pictures into pixels and masks into files. */
export interface MaskCodec {
  /** The pixels of the picture at this address, upright. Throws an Error in words for people. */
  readonly read: (url: string, signal?: AbortSignal) => Promise<Pixels>;
  /** The file that is handed in. */
  readonly write: (pixels: Pixels, mask: Mask, use: MaskUse) => Promise<Blob>;
}

/** Larger pictures, in pixels, do not fit into the canvas of every browser. */
const most = 64 << 20;

/** The codec of a browser. */
export const browserCodec: MaskCodec = {
  read: async (url, signal) => {
    const answer = await fetch(url, { credentials: "same-origin", ...(signal && { signal }) });
    if (!answer.ok) throw new Error("The picture cannot be read any more.");
    const file = await answer.blob();
    const exact = (await inWorker({ kind: "read", file: new Uint8Array(await file.arrayBuffer()) })) as
      | Pixels
      | undefined;
    return exact ?? (await draw(file));
  },
  write: async (pixels, mask, use) => {
    const png = (await inWorker({ kind: "write", pixels, mask, use })) as Uint8Array<ArrayBuffer>;
    return new Blob([png], { type: "image/png" });
  },
};

/** Lets the browser decode it, with the numbers that are in the file: ComfyUI knows of no colour profiles either. */
async function draw(file: Blob): Promise<Pixels> {
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none", premultiplyAlpha: "none" }).catch(() => {
    throw new Error("This browser cannot show the picture, so nothing can be painted over it.");
  });
  const { width, height } = bitmap;
  try {
    if (width * height > most) throw new Error("The picture is too large to paint over: make it smaller first.");
    const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error("This browser has no memory left for the picture.");
    context.drawImage(bitmap, 0, 0);
    return { width, height, data: context.getImageData(0, 0, width, height).data };
  } finally {
    bitmap.close();
  }
}
