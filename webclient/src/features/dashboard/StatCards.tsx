import type { ReactNode } from "react";
import { Icon, type IconName } from "../../components/Icon";
import { TextLink } from "../../components/TextLink";
import { formatDuration, plural } from "../../lib/format";
import { useLive } from "../../live/LiveContext";
import { useTodayStats } from "./useTodayStats";

function StatCard({
  title,
  icon,
  value,
  children,
}: {
  title: string;
  icon: IconName;
  value: ReactNode;
  children: ReactNode;
}) {
  return (
    <section aria-label={title} className="card flex items-start justify-between gap-3 p-4 max-sm:py-3 sm:p-5">
      <div className="grid min-w-0 flex-1 max-sm:grid-cols-[1fr_auto] max-sm:items-center">
        <h2 className="font-medium text-ink-soft text-sm">{title}</h2>
        <p className="font-semibold text-2xl tracking-tight max-sm:row-span-2 sm:mt-1 sm:text-3xl">{value}</p>
        <p className="text-ink-soft text-sm sm:mt-1">{children}</p>
      </div>
      <span className="max-sm:hidden rounded-lg bg-accent-wash p-2 text-accent-ink">
        <Icon name={icon} />
      </span>
    </section>
  );
}

/** Today in three numbers. */
export function StatCards() {
  const stats = useTodayStats();
  const users = useLive(({ presence }) => presence?.users ?? 0);
  const connections = useLive(({ presence }) => presence?.connections ?? 0);
  const benchmark = useLive((state) => Number(state.system?.benchmarkMs ?? 0n));
  const waiting = stats ? stats.jobs - stats.completed - stats.failed : 0n;
  const mean = Number(stats?.averageDurationMs ?? 0n);
  return (
    <div className="grid gap-3 sm:grid-cols-3 sm:gap-5">
      <StatCard title="Total Jobs Today" icon="stack" value={stats ? stats.jobs.toLocaleString() : "–"}>
        {stats ? (
          <>
            {stats.completed.toLocaleString()} completed, {stats.failed.toLocaleString()} failed,{" "}
            {waiting.toLocaleString()} to come
          </>
        ) : (
          "Counting…"
        )}
      </StatCard>
      <StatCard
        title="Average Generation Time"
        icon="bolt"
        value={mean > 0 ? formatDuration(mean) : benchmark > 0 ? formatDuration(benchmark) : "–"}
      >
        {mean > 0 ? "Today's mean. " : ""}
        {benchmark > 0 ? `Benchmark ${formatDuration(benchmark)}` : "Not measured yet"}
        {mean > 0 || benchmark === 0 ? "" : ", nothing generated today yet"}.{" "}
        <TextLink to="/estimates">How good the estimates are</TextLink>
      </StatCard>
      <StatCard title="Active Users" icon="users" value={users.toLocaleString()}>
        {plural(connections, "connection")} open now
      </StatCard>
    </div>
  );
}
