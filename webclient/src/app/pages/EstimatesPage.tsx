import { Estimates } from "../../features/estimates/Estimates";
import { useLive } from "../../live/LiveContext";
import { PageSkeleton } from "./PageSkeleton";

/** How good the estimates are, for everybody. */
export default function EstimatesPage() {
  const ready = useLive(({ revision }) => revision !== undefined);
  if (!ready) return <PageSkeleton />;
  return (
    <main className="mx-auto grid w-full max-w-[80rem] p-3 sm:p-6">
      <title>Estimates · ComfyScheduler</title>
      <h1 className="sr-only">Estimates</h1>
      <Estimates />
    </main>
  );
}
