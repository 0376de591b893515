import { create } from "@bufbuild/protobuf";
import { type Asset, AssetSchema } from "../gen/comfyscheduler/v1/asset_pb";
import type { Api } from "../lib/transport";
import type { Uploaded } from "../lib/upload";

/** Assets tells of files that were handed in: fields hold nothing but their ids. */
export interface Assets {
  /** The asset, when it is at hand. What is told of one never changes. */
  readonly get: (id: string) => Asset | undefined;
  /** The same, asked for when need be. */
  readonly fetch: (id: string) => Promise<Asset>;
  /** Takes note of one that came from elsewhere. */
  readonly learn: (asset: Asset | Uploaded) => Asset;
}

/** Assets kept. */
const most = 500;

export function createAssets(api: Api): Assets {
  const known = new Map<string, Asset>();
  const asked = new Map<string, Promise<Asset>>();
  const learn = (told: Asset | Uploaded) => {
    const asset = create(AssetSchema, told);
    known.delete(asset.id);
    known.set(asset.id, asset);
    for (const oldest of [...known.keys()].slice(0, Math.max(0, known.size - most))) known.delete(oldest);
    return asset;
  };
  const ask = async (assetId: string) => {
    try {
      const { asset } = await api.assets.getAsset({ assetId });
      if (!asset) throw new Error("the server has no such file");
      return learn(asset);
    } finally {
      asked.delete(assetId);
    }
  };
  return {
    get: (id) => known.get(id),
    fetch: async (id) => {
      const asset = known.get(id);
      if (asset) return asset;
      const answer = asked.get(id) ?? ask(id);
      asked.set(id, answer);
      return answer;
    },
    learn,
  };
}
