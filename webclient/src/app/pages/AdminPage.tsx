import { NavLink, Outlet } from "react-router";
import { useLive } from "../../live/LiveContext";
import { PageSkeleton } from "./PageSkeleton";

const sections = [
  ["users", "Users"],
  ["invitations", "Invitations"],
  ["comfyui", "Workers"],
  ["audit", "Audit"],
] as const;

const tab = ({ isActive }: { isActive: boolean }) =>
  `-mb-px whitespace-nowrap border-b-2 px-3 py-2 font-medium text-sm transition-colors ${
    isActive ? "border-accent text-accent-ink" : "border-transparent text-ink-soft hover:text-ink"
  }`;

/** What administrators look after, a section each. */
export default function AdminPage() {
  const administrator = useLive(({ me }) => me?.administrator);
  if (administrator === undefined) return <PageSkeleton />;
  if (!administrator) return <NotForYou />;
  return (
    <main className="mx-auto grid w-full max-w-6xl grid-cols-[minmax(0,1fr)] content-start gap-4 p-3 sm:gap-5 sm:p-6">
      <h1 className="sr-only">Administration</h1>
      <nav aria-label="Administration" className="flex overflow-x-auto border-line border-b">
        {sections.map(([path, title]) => (
          <NavLink key={path} to={path} className={tab}>
            {title}
          </NavLink>
        ))}
      </nav>
      <Outlet />
    </main>
  );
}

function NotForYou() {
  return (
    <main className="m-auto p-8 text-center">
      <title>Administration · ComfyScheduler</title>
      <h1 className="font-semibold text-2xl">For administrators</h1>
      <p className="mt-2 text-ink-soft">Sign in with an administrator's token to see this page.</p>
    </main>
  );
}
