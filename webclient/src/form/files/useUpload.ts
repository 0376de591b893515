import { useCallback, useEffect, useRef, useState } from "react";
import type { Asset } from "../../gen/comfyscheduler/v1/asset_pb";
import { problemOf } from "../../lib/problem";
import { upload } from "../../lib/upload";
import { useLiveContext } from "../../live/LiveContext";

/** Sending is a file on its way to the server. */
export interface Sending {
  readonly name: string;
  readonly size: number;
  /** So much of it has been sent, from 0 to 1. */
  readonly share: number;
  /** An address of the file in this browser, to show it meanwhile. */
  readonly preview: string;
}

/** UploadEnds are told how an upload ended. */
interface UploadEnds {
  readonly onDone: (asset: Asset) => void;
  /** It failed or was cancelled. */
  readonly onStop: () => void;
  /** A failed one is wanted again. */
  readonly onAgain: (file: Blob, name: string) => void;
}

/** Sends one file at a time; another one takes its place. One that could not be sent is kept, so that it can be tried again. */
export function useUpload(ends: UploadEnds) {
  const { assets } = useLiveContext();
  const [sending, setSending] = useState<Sending>();
  const [failed, setFailed] = useState<{ problem: string; again: () => void }>();
  const running = useRef<AbortController>(undefined);
  const told = useRef(ends);
  useEffect(() => {
    told.current = ends;
  });

  const begin = useCallback(
    async (file: Blob, name: string) => {
      running.current?.abort();
      const stop = new AbortController();
      running.current = stop;
      const preview = URL.createObjectURL(file);
      const progress = (share: number) => !stop.signal.aborted && setSending({ name, size: file.size, share, preview });
      setFailed(undefined);
      progress(0);
      try {
        const taken = await upload(file, { name, signal: stop.signal, onProgress: progress });
        if (!stop.signal.aborted) told.current.onDone(assets.learn(taken));
      } catch (cause) {
        if (stop.signal.aborted) return;
        setFailed({ problem: problemOf(cause).message, again: () => told.current.onAgain(file, name) });
        told.current.onStop();
      } finally {
        URL.revokeObjectURL(preview);
        if (running.current === stop) setSending(undefined);
      }
    },
    [assets],
  );
  const cancel = useCallback(() => {
    running.current?.abort();
    setSending(undefined);
    told.current.onStop();
  }, []);
  const forget = useCallback(() => setFailed(undefined), []);
  useEffect(() => () => running.current?.abort(), []);
  return { sending, failed, begin, cancel, forget };
}
