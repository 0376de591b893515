import { decode, encode } from "fast-png";
import type { Mask } from "./mask";

/** Pixels of a picture: red, green, blue and alpha of each, not multiplied with each other. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** What a mask is drawn for: a picture whose transparent parts it is, or a picture that is nothing but the mask. */
export type MaskUse = "picture" | "mask";

/**
 * A PNG whose alpha is the mask, as ComfyUI's own page makes it: 0 where it is painted. The picture's colours are all there, those
 * below alpha 0 too, which a canvas would lose. A picture that is nothing but the mask is white where it is painted, so that every
 * channel tells the same.
 */
export function maskPng(picture: Pixels, mask: Mask, use: MaskUse): Uint8Array<ArrayBuffer> {
  const { width, height } = mask;
  const data = new Uint8Array(width * height * 4);
  for (let i = 0; i < mask.data.length; i++) {
    const masked = mask.data[i] ?? 0;
    const at = i * 4;
    for (let channel = 0; channel < 3; channel++)
      data[at + channel] = use === "mask" ? masked : (picture.data[at + channel] ?? 0);
    data[at + 3] = 255 - masked;
  }
  return new Uint8Array(encode({ width, height, data, depth: 8, channels: 4 }));
}

/** The mask that a picture comes with: its transparent parts, or of a mask without any its white ones. */
export function maskOf({ width, height, data }: Pixels, use: MaskUse): Mask {
  const values = new Uint8Array(width * height);
  for (let i = 0; i < values.length; i++) values[i] = 255 - (data[i * 4 + 3] ?? 255);
  if (use === "mask" && values.every((value) => value === 0))
    for (let i = 0; i < values.length; i++) values[i] = data[i * 4] ?? 0;
  return { width, height, data: values };
}

/** The same mask in another size. */
export function resized(mask: Mask, width: number, height: number): Mask {
  if (mask.width === width && mask.height === height) return mask;
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * mask.height) / height) * mask.width;
    for (let x = 0; x < width; x++)
      data[y * width + x] = mask.data[row + Math.floor(((x + 0.5) * mask.width) / width)] ?? 0;
  }
  return { width, height, data };
}

/** Reads a PNG of eight bits with alpha exactly; undefined for any other file, which a canvas reads as well. */
export function readPng(file: Uint8Array): Pixels | undefined {
  if (!isPlainPng(file)) return undefined;
  const { width, height, data, channels, depth } = decode(file);
  if (channels !== 4 || depth !== 8) return undefined;
  return { width, height, data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

/** Whether it is a PNG of 8 bits for each of red, green, blue and alpha, as its header says. */
function isPlainPng(file: Uint8Array): boolean {
  const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  return signature.every((byte, index) => file[index] === byte) && file[24] === 8 && file[25] === 6;
}
