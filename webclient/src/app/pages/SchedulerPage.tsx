import { lazy, Suspense, useCallback, useEffect, useRef, useState } from "react";
import { useSearchParams } from "react-router";
import { JobActionsProvider, useJobActions } from "../../actions/JobActionsContext";
import { Complaint } from "../../components/Complaint";
import { Agenda } from "../../features/agenda/Agenda";
import { Composer } from "../../features/booking/Composer";
import { JobPanel } from "../../features/job/JobPanel";
import { BootCard } from "../../features/shell/BootCard";
import { WorkerSheet } from "../../features/worker/WorkerSheet";
import { FileDrops } from "../../form/files/FileDrops";
import type { Job } from "../../gen/comfyscheduler/v1/job_pb";
import { useLive } from "../../live/LiveContext";
import { jobDurations, selectBookable } from "../../live/selectors";
import { PageSkeleton } from "./PageSkeleton";
import { useComposer } from "./useComposer";
import { useLightbox } from "./useLightbox";
import { useUndoKey } from "./useUndoKey";

// Asked for at once: it loads while the page connects.
const timeline = import("../../features/timeline/Timeline");
const Timeline = lazy(() => timeline);

export default function SchedulerPage() {
  const ready = useLive(({ revision }) => revision !== undefined);
  if (!ready) return <PageSkeleton />;
  return (
    <JobActionsProvider>
      <FileDrops>
        <Scheduler />
      </FileDrops>
    </JobActionsProvider>
  );
}

function Scheduler() {
  const bookable = useLive(selectBookable);
  const [search, setSearch] = useSearchParams();
  const selectedId = search.get("job") ?? undefined;
  const [focusPrompt, setFocusPrompt] = useState(false);
  const { open, lightbox } = useLightbox();
  const [workerShown, setWorkerShown] = useState<string>();
  const workflows = useLive((state) => state.workflows);
  const durationsOf = useCallback((job: Job) => jobDurations(job, workflows), [workflows]);
  const desk = useRef<HTMLDivElement>(null);
  const actions = useJobActions();
  useUndoKey(actions.undoMove);

  const select = useCallback(
    (id: string | undefined) => {
      setFocusPrompt(false);
      setSearch(id === undefined ? {} : { job: id }, { replace: true });
    },
    [setSearch],
  );
  const composer = useComposer((job, blank) => {
    select(job.id);
    setFocusPrompt(blank);
  });
  const { summary, workflow, durations } = composer;
  const wanted = search.get("workflow");
  const choose = useRef(composer.setWorkflowId);
  useEffect(() => {
    choose.current = composer.setWorkflowId;
  });
  useEffect(() => {
    if (wanted === null) return;
    choose.current(wanted);
    setSearch({}, { replace: true });
  }, [wanted, setSearch]);
  const close = useCallback(() => select(undefined), [select]);
  useEscape(close);

  return (
    <main className="mx-auto grid w-full max-w-[110rem] grid-cols-[minmax(0,1fr)] gap-4 p-3 sm:gap-5 sm:p-6">
      <title>Scheduler · ComfyScheduler</title>
      <h1 className="sr-only">Scheduler</h1>
      <Suspense fallback={<div className="h-64 animate-pulse rounded-card bg-sunken" />}>
        <Timeline
          durations={durations}
          selectedId={selectedId}
          durationsOf={durationsOf}
          pinned={composer.start === undefined ? undefined : { start: composer.start, workerId: composer.workerId }}
          onSelect={select}
          onPin={composer.pin}
          onBook={(place) => {
            select(undefined);
            composer.take(place);
          }}
          onMove={actions.move}
          onWorker={setWorkerShown}
        />
      </Suspense>
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 sm:gap-5 lg:grid-cols-[minmax(0,1fr)_minmax(22rem,28rem)]">
        <div ref={desk} className="scroll-mt-28 lg:sticky lg:top-20">
          {selectedId !== undefined ? (
            <JobPanel
              jobId={selectedId}
              focusPrompt={focusPrompt}
              onClose={close}
              onBookInstead={composer.bookInstead}
              onReuse={(job) => {
                composer.reuse(job);
                close();
              }}
              onOpenPicture={(job, picture) => open([job], job.id, picture)}
            />
          ) : !bookable ? (
            <BootCard />
          ) : summary && workflow ? (
            <Composer
              summary={summary}
              workflow={workflow}
              durations={durations}
              values={composer.values}
              errors={composer.errors}
              start={composer.start}
              workerId={composer.workerId}
              onWorker={composer.setWorkerId}
              sooner={composer.sooner}
              onSooner={composer.setSooner}
              check={composer.check}
              series={composer.series}
              plan={composer.plan}
              onSeries={composer.setSeries}
              onBookSeries={() => void composer.bookSeries()}
              busy={composer.busy}
              promptAsked={composer.promptAsked}
              news={composer.news}
              onNewsRead={composer.forgetNews}
              onChange={composer.setValues}
              onWorkflow={composer.setWorkflowId}
              onStart={composer.setStart}
              onBook={(start) => void composer.book(start)}
            />
          ) : (
            <div className="card h-96 p-4 sm:p-5">
              {composer.error ? (
                <Complaint>The form of the workflow cannot be read: {composer.error}</Complaint>
              ) : (
                <div className="h-full animate-pulse rounded-xl bg-sunken" />
              )}
            </div>
          )}
        </div>
        <Agenda
          selectedId={selectedId}
          onSelect={(id) => {
            select(id);
            desk.current?.scrollIntoView({ block: "nearest" });
          }}
        />
      </div>
      {lightbox}
      {workerShown !== undefined && <WorkerSheet id={workerShown} onClose={() => setWorkerShown(undefined)} />}
    </main>
  );
}

/** Escape leaves the selected job, unless something else on the page wants the key. */
function useEscape(leave: () => void): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const idle = event.target === document.body;
      if (event.key === "Escape" && idle && !event.defaultPrevented) leave();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [leave]);
}
