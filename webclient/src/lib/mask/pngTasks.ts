import type { Mask } from "./mask";
import type { MaskUse, Pixels } from "./pixels";

/** What the worker that reads and writes PNGs is asked for. */
export type PngTask =
  | { readonly kind: "read"; readonly file: Uint8Array }
  | { readonly kind: "write"; readonly pixels: Pixels; readonly mask: Mask; readonly use: MaskUse };

/** What it answers. */
export interface PngAnswer {
  readonly done?: Pixels | Uint8Array<ArrayBuffer> | undefined;
  readonly problem?: string;
}

/** Does one task in a worker of its own, so that the memory it took is given back. */
export function inWorker(task: PngTask): Promise<PngAnswer["done"]> {
  return new Promise((done, failed) => {
    const worker = new Worker(new URL("./png.worker.ts", import.meta.url), { type: "module", name: "png" });
    const end = (then: () => void) => {
      worker.terminate();
      then();
    };
    worker.onmessage = ({ data }: MessageEvent<PngAnswer>) =>
      end(() => (data.problem === undefined ? done(data.done) : failed(new Error(data.problem))));
    worker.onerror = () => end(() => failed(new Error("The page was updated meanwhile: reload it.")));
    worker.postMessage(task);
  });
}
