import { useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { Button } from "../../components/Button";
import { Icon } from "../../components/Icon";
import { useNotify } from "../../components/Notices";
import { DropZone } from "../../features/workflows/DropZone";
import { ImportCard } from "../../features/workflows/ImportCard";
import { ImportSheet } from "../../features/workflows/ImportSheet";
import { TemplateSheet } from "../../features/workflows/TemplateSheet";
import { type Source, useImport } from "../../features/workflows/useImport";
import { WorkflowList } from "../../features/workflows/WorkflowList";
import { WorkflowView } from "../../features/workflows/WorkflowView";
import { useCall } from "../../lib/useCall";
import { titleOf } from "../../lib/words/workflow";
import { useLive, useLiveContext } from "../../live/LiveContext";
import { PageSkeleton } from "./PageSkeleton";

/** What can be booked: every workflow, to look at, to try out, and for those who may, to bring and to change. */
export default function WorkflowsPage() {
  const ready = useLive(({ revision }) => revision !== undefined);
  return ready ? <Workflows /> : <PageSkeleton />;
}

function Workflows() {
  const [search, setSearch] = useSearchParams();
  const navigate = useNavigate();
  const notify = useNotify();
  const administrator = useLive(({ me }) => me?.administrator ?? false);
  const everybody = useLive(({ system }) => system?.everybodyImports ?? false);
  const importer = administrator || everybody;
  const { importing, begin, add, close } = useImport();
  const [templates, setTemplates] = useState(false);
  const [waiting, setWaiting] = useState<readonly File[]>([]);
  const id = search.get("id") ?? undefined;
  const open = (workflowId: string | undefined) => {
    setSearch(workflowId === undefined ? {} : { id: workflowId });
    scrollTo(0, 0);
  };
  const book = (workflowId: string) => void navigate(`/?workflow=${encodeURIComponent(workflowId)}`);

  const bring = ([file, ...others]: readonly File[]) => {
    setWaiting(others);
    if (file) void begin({ kind: "file", file });
    else close();
  };
  const keep = async (title: string, wanted: boolean) => {
    const workflow = await add(title);
    if (!workflow?.summary) return;
    const { summary } = workflow;
    notify({
      about: `workflow/${summary.id}`,
      tone: "good",
      title: `“${titleOf(summary)}” is on the list.`,
      ...(summary.bookable && !wanted && { action: { label: "Book it", run: () => book(summary.id) } }),
    });
    if (waiting.length > 0) bring(waiting);
    else if (wanted) book(summary.id);
    else open(summary.id);
  };

  const page = (
    <main className="mx-auto grid w-full max-w-6xl grid-cols-[minmax(0,1fr)] content-start gap-4 p-3 sm:gap-5 sm:p-6">
      <title>Workflows · ComfyScheduler</title>
      {id === undefined ? (
        <>
          <div className="flex flex-wrap items-center justify-between gap-2">
            <h1 className="font-semibold text-xl">Workflows</h1>
            {administrator && <CheckAll />}
          </div>
          {importer && <ImportCard onFiles={bring} onTemplates={() => setTemplates(true)} />}
          <WorkflowList onOpen={open} />
        </>
      ) : (
        <WorkflowView
          key={id}
          id={id}
          onBack={() => open(undefined)}
          onBook={() => book(id)}
          onReplace={(workflow, file) => void begin({ kind: "file", file }, workflow)}
        />
      )}
    </main>
  );
  return (
    <>
      {importer ? <DropZone onFiles={bring}>{page}</DropZone> : page}
      {templates && (
        <TemplateSheet
          onClose={() => setTemplates(false)}
          onTake={({ name, title }) => {
            setTemplates(false);
            void begin({ kind: "template", name, title: title || name });
          }}
        />
      )}
      {importing && (
        <ImportSheet
          // Each file has its own title.
          key={keyOf(importing.source)}
          importing={importing}
          waiting={waiting.length}
          onAdd={(title, wanted) => void keep(title, wanted)}
          onClose={() => bring(waiting)}
        />
      )}
    </>
  );
}

function keyOf(source: Source): string {
  return source.kind === "file" ? `${source.file.name}/${source.file.size}` : source.name;
}

/** Asks every ComfyUI again whether it can run each workflow. */
function CheckAll() {
  const { api } = useLiveContext();
  const { busy, problem, run } = useCall();
  return (
    <div className="flex items-center gap-3">
      {problem && <span className="text-failed-ink text-sm">{problem.message}</span>}
      <Button disabled={busy} onClick={() => void run(async () => void (await api.workflows.checkWorkflow({})))}>
        <Icon name="repeat" className="size-4" />
        {busy ? "Checking…" : "Check all again"}
      </Button>
    </div>
  );
}
