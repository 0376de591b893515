import { useEffect, useState } from "react";
import type { MaskCodec } from "../../lib/mask/codec";
import type { MaskUse } from "../../lib/mask/pixels";
import { createModel, type MaskModel } from "./model";

/** MaskSource is what a mask is painted for. Addresses are of files that the page may read. */
export interface MaskSource {
  /** The picture that is painted over. */
  readonly picture: string;
  /** The mask to begin with: the same picture where its transparent parts are the mask. */
  readonly mask?: string | undefined;
  readonly use: MaskUse;
}

/** A mask to paint on, once its picture is there; `problem` says why it will not be. */
export function useMask({ picture, mask, use }: MaskSource, codec: MaskCodec) {
  const [state, setState] = useState<{ model?: MaskModel; problem?: string }>({});
  useEffect(() => {
    const stop = new AbortController();
    const read = async () => {
      const pixels = await codec.read(picture, stop.signal);
      const before = mask === picture ? pixels : mask === undefined ? undefined : await codec.read(mask, stop.signal);
      return createModel(pixels, before, use);
    };
    read().then(
      (model) => !stop.signal.aborted && setState({ model }),
      (cause) => !stop.signal.aborted && setState({ problem: cause instanceof Error ? cause.message : String(cause) }),
    );
    return () => stop.abort();
  }, [picture, mask, use, codec]);
  return state;
}
