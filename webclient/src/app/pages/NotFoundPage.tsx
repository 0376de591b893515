import { TextLink } from "../../components/TextLink";

export function NotFoundPage() {
  return (
    <main className="m-auto p-8 text-center">
      <h1 className="font-semibold text-2xl">There is no such page</h1>
      <p className="mt-2 text-ink-soft">The timeline and the dashboard are where they always are.</p>
      <p className="mt-4 flex justify-center gap-4">
        <TextLink to="/">Scheduler</TextLink>
        <TextLink to="/dashboard">Dashboard</TextLink>
      </p>
    </main>
  );
}
