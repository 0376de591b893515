import { NavLink } from "react-router";
import { useLive } from "../../live/LiveContext";
import { SimulatedMark, StatusLight } from "./StatusLight";
import { ThemeToggle } from "./ThemeToggle";
import { UserName } from "./UserName";

const tab = ({ isActive }: { isActive: boolean }) =>
  `rounded-lg px-2 py-1.5 sm:px-3 text-sm font-medium transition-colors ${
    isActive ? "bg-accent-wash text-accent-ink" : "text-ink-soft hover:bg-sunken hover:text-ink"
  }`;

/** One row, in which a long name is shortened; on a phone the pages above, and below them who one is and how the service is. */
export function Header() {
  const administrator = useLive(({ me }) => me?.administrator ?? false);
  const outside = useLive(({ link }) => link.phase === "signed-out");
  return (
    <header className="sticky top-0 z-30 border-line border-b bg-surface/90 backdrop-blur">
      <div className="mx-auto flex min-h-14 max-w-440 flex-wrap items-center gap-x-2 gap-y-1 px-3 py-2 sm:gap-x-4 sm:px-6 md:flex-nowrap">
        <div className={`flex shrink-0 items-center gap-2.5 ${outside ? "" : "max-sm:sr-only"}`}>
          <img src="/icon.svg" alt="" className="size-7" />
          <span className="font-semibold tracking-tight max-xl:sr-only">ComfyScheduler</span>
        </div>
        {!outside && (
          <nav aria-label="Pages" className="flex gap-0.5 overflow-x-auto sm:gap-1 md:shrink-0">
            <NavLink to="/" end className={tab}>
              Scheduler
            </NavLink>
            <NavLink to="/dashboard" className={tab}>
              Dashboard
            </NavLink>
            <NavLink to="/workflows" className={tab}>
              Workflows
            </NavLink>
            {administrator && (
              <NavLink to="/admin" aria-label="Administration" className={tab}>
                <span className="xl:hidden">Admin</span>
                <span className="max-xl:hidden">Administration</span>
              </NavLink>
            )}
          </nav>
        )}
        <div className={`ml-auto shrink-0 ${outside ? "" : "max-md:order-3"}`}>
          <StatusLight />
        </div>
        <div className={outside ? "" : "shrink-0 max-sm:order-5 max-md:ml-auto max-sm:ml-0"}>
          <ThemeToggle />
        </div>
        {!outside && (
          <>
            <div className="order-1 w-full border-line border-t md:hidden" />
            <div className="order-2 flex min-w-20 max-sm:grow max-sm:basis-24">
              <UserName />
            </div>
            <div className="order-4 flex shrink-0 md:order-1">
              <SimulatedMark />
            </div>
          </>
        )}
      </div>
    </header>
  );
}
