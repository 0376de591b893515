import { useCallback, useRef, useState } from "react";
import { Badge } from "../../components/Badge";
import { ListEnd } from "../../components/ListEnd";
import { SearchField } from "../../components/SearchField";
import { Sheet } from "../../components/Sheet";
import { WorkflowPicture } from "../../components/WorkflowPicture";
import { ResultKind } from "../../gen/comfyscheduler/v1/job_pb";
import type { Template } from "../../gen/comfyscheduler/v1/workflow_pb";
import { usePages } from "../../lib/usePages";
import { useSettled } from "../../lib/useSettled";
import { useLiveContext } from "../../live/LiveContext";

const pageSize = 60;
/** Milliseconds after the last letter before the server is asked. */
const rest = 250;

/** The templates that ComfyUI offers on its own page. */
export function TemplateSheet(props: { onTake: (template: Template) => void; onClose: () => void }) {
  const { onTake, onClose } = props;
  const { api } = useLiveContext();
  const [words, setWords] = useState("");
  const query = useSettled(words.trim(), rest);
  const search = useRef<HTMLInputElement>(null);
  const list = usePages<Template>(
    useCallback(
      async (pageToken, signal) => {
        const request = { pageToken, pageSize, query };
        const { templates, nextPageToken } = await api.workflows.listTemplates(request, signal ? { signal } : {});
        return { rows: templates, next: nextPageToken };
      },
      [api, query],
    ),
  );
  return (
    <Sheet title="ComfyUI's templates" first={search} onClose={onClose} className="sm:max-w-5xl">
      <div className="sticky top-0 z-10 border-line border-b bg-surface px-4 py-3 sm:px-5">
        <SearchField label="Search templates" fieldRef={search} value={words} onWords={setWords} />
      </div>
      <ul className="grid grid-cols-[minmax(0,1fr)] gap-2 p-3 sm:grid-cols-2 sm:gap-3 sm:p-5 lg:grid-cols-4">
        {list.rows.map((template) => (
          <li key={template.name}>
            <TemplateCard template={template} onTake={() => onTake(template)} />
          </li>
        ))}
      </ul>
      <ListEnd
        {...list}
        empty={list.rows.length === 0 && (query ? "No template has these words." : "This ComfyUI offers no templates.")}
        more={list.next !== ""}
        onMore={list.more}
      />
    </Sheet>
  );
}

function TemplateCard({ template, onTake }: { template: Template; onTake: () => void }) {
  const { name, title, description, category, thumbnail, paid, pack } = template;
  return (
    <button
      type="button"
      onClick={onTake}
      className="flex size-full min-w-0 gap-3 overflow-hidden rounded-xl border border-line bg-surface text-left
        transition-colors hover:border-line-strong hover:bg-raised max-sm:p-2 sm:flex-col sm:gap-0"
    >
      <WorkflowPicture
        thumbnail={thumbnail}
        id={name}
        kind={kindOf(template)}
        className="size-20 shrink-0 rounded-lg sm:aspect-[4/3] sm:h-auto sm:w-full sm:rounded-none"
      />
      <span className="flex min-w-0 flex-1 flex-col gap-1 sm:p-3">
        <span className="line-clamp-2 font-semibold text-sm">{title || name}</span>
        {description && <span className="line-clamp-2 text-ink-soft text-xs">{description}</span>}
        <span className="mt-auto flex flex-wrap items-center gap-1.5 pt-1 text-ink-faint text-xs">
          {[...new Set([category, pack])].filter(Boolean).join(" · ")}
          {paid && (
            <Badge tone="busy" icon="coin">
              Costs money
            </Badge>
          )}
        </span>
      </span>
    </button>
  );
}

/** A guess, for the drawing alone. */
function kindOf({ name, category, tags }: Template): ResultKind {
  const words = [name, category, ...tags].join(" ").toLowerCase();
  if (/video/.test(words)) return ResultKind.VIDEO;
  if (/audio|music|sound|song/.test(words)) return ResultKind.AUDIO;
  return /3d|mesh/.test(words) ? ResultKind.FILE : ResultKind.IMAGE;
}
