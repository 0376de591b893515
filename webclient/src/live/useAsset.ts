import { useEffect, useState } from "react";
import type { Asset } from "../gen/comfyscheduler/v1/asset_pb";
import { problemOf } from "../lib/problem";
import { useLiveContext } from "./LiveContext";

/** What is known of a file that was handed in; `problem` says why it is not known. */
export function useAsset(id: string | undefined): { asset?: Asset | undefined; problem: string } {
  const { assets } = useLiveContext();
  const [asked, setAsked] = useState<{ id: string; asset?: Asset; problem: string }>();
  useEffect(() => {
    if (id === undefined || assets.get(id)) return;
    let wanted = true;
    assets.fetch(id).then(
      (asset) => wanted && setAsked({ id, asset, problem: "" }),
      (cause) => wanted && setAsked({ id, problem: problemOf(cause).message }),
    );
    return () => {
      wanted = false;
    };
  }, [assets, id]);
  if (id === undefined) return { problem: "" };
  const mine = asked?.id === id ? asked : undefined;
  return { asset: assets.get(id) ?? mine?.asset, problem: mine?.problem ?? "" };
}
