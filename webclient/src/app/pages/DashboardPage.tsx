import { useState } from "react";
import { Connections } from "../../features/dashboard/Connections";
import { JobGrid } from "../../features/dashboard/JobGrid";
import { StatCards } from "../../features/dashboard/StatCards";
import { EngineCard } from "../../features/worker/EngineCard";
import { WorkerBoard } from "../../features/worker/WorkerBoard";
import { WorkerSheet } from "../../features/worker/WorkerSheet";
import type { Worker } from "../../gen/comfyscheduler/v1/worker_pb";
import { useLive } from "../../live/LiveContext";
import { PageSkeleton } from "./PageSkeleton";
import { useLightbox } from "./useLightbox";

const none: readonly Worker[] = [];

export default function DashboardPage() {
  const ready = useLive(({ revision }) => revision !== undefined);
  const workers = useLive((state) => state.system?.workers ?? none);
  const [shown, setShown] = useState<string>();
  const { open, lightbox } = useLightbox();
  if (!ready) return <PageSkeleton />;
  return (
    <main className="mx-auto grid w-full max-w-[110rem] gap-4 p-3 sm:gap-5 sm:p-6">
      <title>Dashboard · ComfyScheduler</title>
      <h1 className="sr-only">Dashboard</h1>
      <StatCards />
      {workers.length > 1 && <WorkerBoard workers={workers} onOpen={setShown} />}
      <div className="grid items-start gap-4 sm:gap-5 xl:grid-cols-[minmax(0,1fr)_22rem]">
        <JobGrid onOpenPicture={open} />
        <aside aria-label="Service" className="grid gap-4 sm:gap-5 md:max-xl:grid-cols-2">
          {workers.length === 1 && workers.map((worker) => <EngineCard key={worker.id} worker={worker} />)}
          <Connections />
        </aside>
      </div>
      {lightbox}
      {shown !== undefined && <WorkerSheet id={shown} onClose={() => setShown(undefined)} />}
    </main>
  );
}
