import { useCallback, useState } from "react";
import { Button } from "../../components/Button";
import { Complaint } from "../../components/Complaint";
import { Icon } from "../../components/Icon";
import { ListEnd } from "../../components/ListEnd";
import type { Asset } from "../../gen/comfyscheduler/v1/asset_pb";
import { FileKind } from "../../gen/comfyscheduler/v1/input_pb";
import { formatBytes } from "../../lib/format";
import { useCall } from "../../lib/useCall";
import { usePages } from "../../lib/usePages";
import { useLiveContext } from "../../live/LiveContext";
import { assetText } from "../fileText";
import { fileWords } from "../values";
import { factsOf } from "./ChosenFile";
import { cardGrid, FileCard } from "./FileCard";
import { kindsOfFile } from "./kinds";

const pageSize = 60;

/** The files of one kind that one has handed in, those used last first. */
export function OwnUploads(props: { kind: FileKind; chosen: string; onTake: (id: string) => void }) {
  const { kind, chosen, onTake } = props;
  const { api, assets } = useLiveContext();
  const [space, setSpace] = useState("");
  const [gone, setGone] = useState<ReadonlySet<string>>(new Set());
  const removal = useCall();
  const ask = useCallback(
    async (pageToken: string, signal?: AbortSignal) => {
      const answer = await api.assets.listAssets({ pageSize, pageToken, kinds: [kind] }, signal ? { signal } : {});
      for (const asset of answer.assets) assets.learn(asset);
      const [used, quota] = [Number(answer.usedBytes), Number(answer.quotaBytes)];
      setSpace(quota > 0 ? `Your files take ${formatBytes(used)} of ${formatBytes(quota)}.` : "");
      return { rows: answer.assets, next: answer.nextPageToken };
    },
    [api, assets, kind],
  );
  const { rows, next, phase, error, more } = usePages<Asset>(ask);
  const remove = (assetId: string) =>
    removal.run(async () => {
      await api.assets.deleteAsset({ assetId });
      setGone((before) => new Set([...before, assetId]));
    });
  const shown = rows.filter(({ id }) => !gone.has(id));
  const picture = kind === FileKind.IMAGE || kind === FileKind.MASK;
  return (
    <>
      {removal.problem && <Complaint className="px-3 pt-3 sm:px-5">{removal.problem.message}</Complaint>}
      <ul className={cardGrid}>
        {shown.map((asset) => (
          <FileCard
            key={asset.id}
            name={asset.name || `A ${fileWords[kind]}`}
            note={factsOf(asset)}
            source={picture ? `/uploads/${asset.id}/thumbnail` : ""}
            icon={kindsOfFile[kind].icon}
            chosen={chosen === assetText(asset.id)}
            onTake={() => onTake(asset.id)}
          >
            <Button
              icon
              label={`Delete ${asset.name || "this file"}`}
              disabled={removal.busy}
              onClick={() => void remove(asset.id)}
              className="absolute top-2 right-2 size-8 pointer-fine:opacity-0 focus-visible:opacity-100 group-hover:opacity-100"
            >
              <Icon name="trash" className="size-4" />
            </Button>
          </FileCard>
        ))}
      </ul>
      <ListEnd
        phase={phase}
        error={error}
        empty={shown.length === 0 && `You have handed in no ${fileWords[kind]} yet.`}
        more={next !== ""}
        onMore={more}
      />
      {space && <p className="px-5 pb-4 text-center text-ink-faint text-xs">{space}</p>}
    </>
  );
}
