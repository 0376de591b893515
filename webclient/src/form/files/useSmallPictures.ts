import { useMemo } from "react";
import { useLive } from "../../live/LiveContext";

/**
 * The addresses where there may be a small picture of a file in ComfyUI's input folder: at each worker that is there, in their order,
 * because each may have a folder of its own.
 */
export function useSmallPictures(name: string): readonly string[] {
  const workers = useLive(({ system }) => system?.workers);
  return useMemo(() => {
    const path = name.split("/").map(encodeURIComponent).join("/");
    return (workers ?? []).map(({ id }) => `/inputs/${id}/${path}?w=160&else=nothing`);
  }, [name, workers]);
}
