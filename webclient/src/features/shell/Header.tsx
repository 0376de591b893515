import { NavLink } from "react-router";
import { useLive } from "../../live/LiveContext";
import { SimulatedMark, StatusLight } from "./StatusLight";
import { ThemeToggle } from "./ThemeToggle";
import { UserName } from "./UserName";

const tab = ({ isActive }: { isActive: boolean }) =>
  `rounded-lg px-2.5 py-1.5 sm:px-3 text-sm font-medium transition-colors ${
    isActive ? "bg-accent-wash text-accent-ink" : "text-ink-soft hover:bg-sunken hover:text-ink"
  }`;

export function Header() {
  const administrator = useLive(({ me }) => me?.administrator ?? false);
  const outside = useLive(({ link }) => link.phase === "signed-out");
  return (
    <header className="sticky top-0 z-30 border-line border-b bg-surface/90 backdrop-blur">
      <div className="mx-auto flex min-h-14 max-w-[110rem] flex-wrap items-center gap-x-2 gap-y-1 px-3 py-2 sm:gap-x-4 sm:px-6">
        <div className="flex items-center gap-2.5">
          <img src="/icon.svg" alt="" className="size-7" />
          <span className="font-semibold tracking-tight max-lg:sr-only">ComfyScheduler</span>
        </div>
        {!outside && (
          <nav aria-label="Pages" className="flex gap-1">
            <NavLink to="/" end className={tab}>
              Scheduler
            </NavLink>
            <NavLink to="/dashboard" className={tab}>
              Dashboard
            </NavLink>
            {administrator && (
              <NavLink to="/admin" className={tab}>
                Admin<span className="max-lg:sr-only">istration</span>
              </NavLink>
            )}
          </nav>
        )}
        <div className="ml-auto flex items-center gap-1 sm:gap-3">
          <StatusLight />
          <ThemeToggle />
        </div>
        <div className="flex items-center justify-between gap-3 max-md:w-full max-md:border-line max-md:border-t max-md:pt-1 md:flex-row-reverse">
          <UserName />
          <SimulatedMark />
        </div>
      </div>
    </header>
  );
}
